'use client';

import { Button, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { printAmount } from '@/server/domain/core/money';
import { NOTE_MAX } from '@/server/domain/billing/ledger/rules';
import { BulkResults } from '@/components/bulk/BulkResults';
import { useBulk } from '@/components/bulk/useBulk';
import { useTRPCClient } from '@/components/data';
import { BeforeAfter } from '@/components/transfers/BeforeAfter';
import styles from '@/components/transfers/money.module.css';
import { useFiring } from '@/components/auto-recharge/useFiring';
import { useShell } from '@/components/layout/useShell';
import { formatMoney, micros, minus, plus } from '@/components/ui/amount';
import { AmountField, useTyped } from '@/components/ui/AmountField';
import { usePlace } from '@/components/ui/useLocale';
import type { Chosen } from './useSelection';

export type BulkVerb = 'credit' | 'debit' | 'activate' | 'deactivate';

type Props = { verb: BulkVerb; members: Chosen[]; onClose: () => void };

/** Does one thing to many members, one after another, each with a result of its own. */
export function BulkDialog({ verb, members, onClose }: Props) {
  const { currency, masterBalance } = useShell().team;
  const { locale } = usePlace();
  const moves = verb === 'credit' || verb === 'debit';
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const typed = useTyped(text, currency, verb === 'debit');
  const amount = 'amount' in typed ? printAmount(typed.amount) : 'all' in typed ? 'all' : null;
  const bulk = useMoves(verb, members);
  if (bulk.results.size > 0 || bulk.isRunning) {
    return <Results verb={verb} members={members} bulk={bulk} onClose={onClose} />;
  }
  const balances = members.map(({ balance }) => balance).reduce(plus, '0.00');
  const sum =
    amount === null ? null : amount === 'all' ? balances : printAmount(micros(amount) * BigInt(members.length));
  const master = masterBalance ?? '0.00';
  const after = sum === null ? null : verb === 'credit' ? minus(master, sum) : plus(master, sum);
  const short = verb === 'credit' && after !== null && micros(after) < 0n;
  const isReady = !moves || (sum !== null && micros(sum) > 0n && !short);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isReady) bulk.start(amount, note);
  };
  return (
    <form className={styles.form} onSubmit={submit} noValidate>
      {moves ? (
        <>
          <AmountField
            label="Amount for each"
            value={text}
            onChange={setText}
            currency={currency}
            all={verb === 'debit' ? balances : undefined}
            error={short ? 'The master balance holds less than the sum.' : undefined}
            first
            required
          />
          <BeforeAfter currency={currency} lines={[{ label: 'Master balance', before: master, after }]} />
          <TextInput
            label="Note"
            description="For the owners"
            value={note}
            maxLength={NOTE_MAX}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
        </>
      ) : (
        <p>{verb === 'activate' ? 'Their keys work again at once.' : WORDS_DEACTIVATE}</p>
      )}
      <Names members={members} />
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" disabled={!isReady} data-autofocus={moves ? undefined : true}>
          {TITLES[verb]} {members.length === 1 ? '1 member' : `${members.length.toLocaleString(locale)} members`}
          {sum !== null && micros(sum) > 0n && ` · ${formatMoney(sum, currency, locale)}`}
        </Button>
      </div>
    </form>
  );
}

const WORDS_DEACTIVATE = 'Their keys are refused from their very next request. Balances stay; nothing else changes.';
const TITLES: Record<BulkVerb, string> = {
  credit: 'Credit',
  debit: 'Debit',
  activate: 'Activate',
  deactivate: 'Deactivate',
};

const NAMES_SHOWN = 6;

function Names({ members }: { members: Chosen[] }) {
  const names = members.slice(0, NAMES_SHOWN).map(({ name }) => name);
  const more = members.length - names.length;
  return (
    <p className="muted" style={{ overflowWrap: 'anywhere' }}>
      {names.join(', ')}
      {more > 0 && ` and ${more} more`}
    </p>
  );
}

type ResultsProps = Props & { bulk: ReturnType<typeof useMoves> };

function Results({ verb, members, bulk, onClose }: ResultsProps) {
  return (
    <BulkResults
      rows={members}
      bulk={bulk}
      onClose={onClose}
      allWentWell={`${TITLES[verb].toLowerCase()} went through for all`}
    />
  );
}

type Input = { memberId: string } | { memberId: string; amount: string; note?: string };

function useMoves(verb: BulkVerb, members: Chosen[]) {
  const client = useTRPCClient();
  const { currency } = useShell().team;
  const { locale } = usePlace();
  const sayFiring = useFiring();
  const bulk = useBulk(async (input: Input): Promise<string> => {
    if (verb === 'activate') {
      const member = await client.members.activateMember.mutate(input);
      return [`is ${member.status}`, await sayFiring(member)].filter(Boolean).join('. ');
    }
    if (verb === 'deactivate') return `is ${(await client.members.deactivateMember.mutate(input)).status}`;
    const verbs = client.transfers;
    const money = input as { memberId: string; amount: string };
    const { balances } =
      verb === 'credit' ? await verbs.creditMember.mutate(money) : await verbs.debitMember.mutate(money);
    return `now ${formatMoney(balances.member, currency, locale)}`;
  });
  return {
    ...bulk,
    start: (amount: string | null, note: string) =>
      bulk.start(
        members.map(({ id }) => [id, { memberId: id, ...(amount !== null && { amount }), ...(note && { note }) }]),
      ),
  };
}
