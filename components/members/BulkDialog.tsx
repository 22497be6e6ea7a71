'use client';

import { Button, Progress, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState, type FormEvent } from 'react';
import { printAmount } from '@/server/domain/money';
import { NOTE_MAX } from '@/server/domain/ledger/rules';
import { isUnanswered, problemOf, useTRPCClient } from '@/components/data';
import { BeforeAfter } from '@/components/money/BeforeAfter';
import styles from '@/components/money/money.module.css';
import { useShell } from '@/components/shell/useShell';
import { formatMoney, micros, minus, plus } from '@/components/ui/amount';
import { AmountField, useTyped } from '@/components/ui/AmountField';
import { useCloseGuard } from '@/components/ui/dialogs';
import { Note, Status } from '@/components/ui/pieces';
import { usePlace } from '@/components/ui/usePlace';
import memberStyles from './members.module.css';
import type { Chosen } from './useSelection';

export type BulkVerb = 'credit' | 'debit' | 'activate' | 'deactivate';

type Props = { verb: BulkVerb; members: Chosen[]; onClose: () => void };

/** Does one thing to many members, one after another, each with a result of its own. */
export function BulkDialog({ verb, members, onClose }: Props) {
  const { currency, masterBalance } = useShell().team;
  const moves = verb === 'credit' || verb === 'debit';
  const [text, setText] = useState('');
  const [note, setNote] = useState('');
  const typed = useTyped(text, currency, verb === 'debit');
  const amount = 'amount' in typed ? printAmount(typed.amount) : 'all' in typed ? 'all' : null;
  const bulk = useBulk(verb, members);
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
          {TITLES[verb]} {members.length}
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

type Result = { ok: true; said: string } | { ok: false; said: string };

type Input = { memberId: string } | { memberId: string; amount: string; note?: string };

/** How many are asked for at once: the master's row takes one at a time anyway. */
const AT_ONCE = 4;
const SHOWN_EVERY_MS = 100;

function useBulk(verb: BulkVerb, members: Chosen[]) {
  const client = useTRPCClient();
  const cache = useQueryClient();
  const { currency } = useShell().team;
  const { locale } = usePlace();
  const { results, tell, forget, show } = useResults();
  const [isRunning, setRunning] = useState(false);
  // One input a row for good: its key is the same however often the row is tried.
  const inputs = useRef(new Map<string, Input>());
  const stopped = useRef(false);
  const once = async (input: Input): Promise<string> => {
    if (verb === 'activate') return `is ${(await client.members.activateMember.mutate(input)).status}`;
    if (verb === 'deactivate') return `is ${(await client.members.deactivateMember.mutate(input)).status}`;
    const verbs = client.transfers;
    const money = input as { memberId: string; amount: string };
    const { balances } =
      verb === 'credit' ? await verbs.creditMember.mutate(money) : await verbs.debitMember.mutate(money);
    return `now ${formatMoney(balances.member, currency, locale)}`;
  };
  const untilAnswered = async (input: Input): Promise<Result> => {
    for (let pause = 500; ; pause = Math.min(pause * 2, 5_000)) {
      try {
        return { ok: true, said: await once(input) };
      } catch (error) {
        if (!isUnanswered(error)) return { ok: false, said: problemOf(error)?.detail ?? 'It could not be done.' };
        if (stopped.current) return { ok: false, said: 'No answer yet: it may have been done. Try again to know.' };
        await new Promise((resolve) => setTimeout(resolve, pause));
      }
    }
  };
  const run = async (ids: string[]) => {
    setRunning(true);
    stopped.current = false;
    const waiting = [...ids];
    forget(ids);
    const lane = async () => {
      for (let id = waiting.shift(); id !== undefined && !stopped.current; id = waiting.shift()) {
        tell(id, await untilAnswered(inputs.current.get(id)!));
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    for (const id of waiting) tell(id, { ok: false, said: 'Not begun.' });
    show();
    setRunning(false);
    await cache.invalidateQueries();
  };
  return {
    results,
    isRunning,
    start: (amount: string | null, note: string) => {
      for (const { id } of members) {
        inputs.current.set(id, { memberId: id, ...(amount !== null && { amount }), ...(note && { note }) });
      }
      void run(members.map(({ id }) => id));
    },
    again: (ids: string[]) => void run(ids),
    stop: () => (stopped.current = true),
  };
}

/** What became of each, shown some at a time: of ten thousand rows not every one is worth a drawing of all. */
function useResults() {
  const told = useRef(new Map<string, Result>());
  const due = useRef<ReturnType<typeof setTimeout>>(undefined);
  const [results, setResults] = useState<ReadonlyMap<string, Result>>(new Map());
  const show = () => {
    clearTimeout(due.current);
    due.current = undefined;
    setResults(new Map(told.current));
  };
  const tell = (id: string, result: Result) => {
    told.current.set(id, result);
    due.current ??= setTimeout(show, SHOWN_EVERY_MS);
  };
  const forget = (ids: string[]) => {
    for (const id of ids) told.current.delete(id);
    show();
  };
  return { results, tell, forget, show };
}

type ResultsProps = Props & { bulk: ReturnType<typeof useBulk> };

function Results({ verb, members, bulk, onClose }: ResultsProps) {
  const { results, isRunning, again } = bulk;
  const failed = members.filter(({ id }) => results.get(id)?.ok === false);
  // What runs is stopped by its button, so that its results are seen.
  useCloseGuard(() => !isRunning);
  return (
    <div className={styles.form}>
      <Progress value={(100 * results.size) / members.length} aria-label="Progress" />
      <p role="status" className="tabular">
        {results.size - failed.length} of {members.length} done{failed.length > 0 && `, ${failed.length} not`}
        {!isRunning && failed.length === 0 && `: ${TITLES[verb].toLowerCase()} went through for all`}
      </p>
      <ul className={memberStyles.results} aria-label="Results">
        {members.map(({ id, name }) => (
          <ResultRow key={id} name={name} result={results.get(id)} onRetry={isRunning ? null : () => again([id])} />
        ))}
      </ul>
      {!isRunning && failed.length > 0 && (
        <Note tone="warn">What was refused has changed nothing. Each can be tried again; none is done twice.</Note>
      )}
      <div className={styles.foot}>
        {isRunning ? (
          <Button variant="default" onClick={bulk.stop}>
            Stop after these
          </Button>
        ) : (
          <>
            {failed.length > 1 && (
              <Button variant="default" onClick={() => again(failed.map(({ id }) => id))}>
                Try the {failed.length} again
              </Button>
            )}
            <Button onClick={onClose}>Done</Button>
          </>
        )}
      </div>
    </div>
  );
}

type RowProps = { name: string; result: Result | undefined; onRetry: (() => void) | null };

function ResultRow({ name, result, onRetry }: RowProps) {
  return (
    <li>
      <span style={{ overflowWrap: 'anywhere' }}>{name}</span>
      {result === undefined ? (
        <span className="muted">waiting</span>
      ) : (
        <span>
          <Status tone={result.ok ? 'ok' : 'bad'}>{result.said}</Status>{' '}
          {!result.ok && onRetry && (
            <Button size="compact-xs" variant="default" onClick={onRetry} aria-label={`Try ${name} again`}>
              Try again
            </Button>
          )}
        </span>
      )}
    </li>
  );
}
