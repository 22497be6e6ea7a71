'use client';

import { Button, Textarea, TextInput } from '@mantine/core';
import { useState, type FormEvent } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { isUnanswered, sayProblem } from '@/components/data';
import { MemberPicker } from '@/components/members/MemberPicker';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { MoneyNote } from '@/components/transfers/MoneyNote';
import formStyles from '@/components/ui/form/form.module.css';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import { Recipients } from './Recipients';
import { SentMessages } from './SentMessages';
import { usePreview, useSend, type Accepted, type Draft, type Preview } from './useSend';
import { ENCODINGS } from './labels';
import { REFERENCE_MAX } from '@/server/domain/messaging/messages/rules';
import { beyondGsm7, countSegments } from '@/server/domain/messaging/segments/rules';

type Props = { member: string | null; onClose: () => void };

/** Writes a text to one or many recipients, with a live preview of the cost, and sends it. */
export function SendMessage({ member, onClose }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const [draft, setDraft] = useState<Draft>({ member, to: '', from: '', body: '', reference: '' });
  const [sent, setSent] = useState<{ messages: Accepted[]; left: Preview['rows'] } | null>(null);
  const { preview, ready, repeated, isStale, problems, canSend } = usePreview(draft);
  const rows = preview.data?.rows ?? [];
  const { mutation, send } = useSend(draft, ready, (messages) =>
    setSent({ messages, left: rows.filter(({ error }) => error !== null) }),
  );
  if (sent) return <SentMessages {...sent} onClose={onClose} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (canSend && !mutation.isPending) send();
  };
  const cost = ready.length > 0 ? ` for ${formatMoney(toMicros(preview.data!.cost), currency, locale)}` : '';
  return (
    <form className={formStyles.form} onSubmit={submit} noValidate>
      <Fields draft={draft} onChange={setDraft} problems={problems} sender={preview.data?.sender ?? null} />
      <Recipients rows={rows} repeated={repeated} isStale={isStale} />
      {preview.data && <Balance preview={preview.data} hasAny={ready.length > 0} />}
      {preview.isError && !isUnanswered(preview.error) && <Note tone="bad">{sayProblem(preview.error)}</Note>}
      <MoneyNote mutation={mutation} currency={currency} />
      <div className={formStyles.foot}>
        <Button variant="default" onClick={onClose}>
          {mutation.isPending && mutation.failureCount > 0 ? 'Close' : 'Cancel'}
        </Button>
        <Button type="submit" disabled={!canSend} loading={mutation.isPending}>
          {ready.length > 1 ? `Send to ${ready.length.toLocaleString(locale)}` : 'Send'}
          {cost}
        </Button>
      </div>
    </form>
  );
}

type FieldProps = {
  draft: Draft;
  onChange: (draft: Draft) => void;
  problems: ReturnType<typeof usePreview>['problems'];
  /** The team's default sender. */
  sender: string | null;
};

function Fields({ draft, onChange, problems, sender }: FieldProps) {
  const { me } = useShell();
  const set = (field: keyof Draft) => (event: { currentTarget: { value: string } }) =>
    onChange({ ...draft, [field]: event.currentTarget.value });
  return (
    <>
      <Textarea
        label="To"
        description="International format. One per line, or paste a list."
        placeholder="+14155550100"
        value={draft.to}
        onChange={set('to')}
        error={problems.to}
        autosize
        minRows={1}
        maxRows={6}
        data-autofocus
      />
      <Textarea
        label="Text"
        value={draft.body}
        onChange={set('body')}
        description={<Counted body={draft.body} />}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        error={problems.body}
        autosize
        minRows={3}
        maxRows={12}
      />
      <div className={styles.pair}>
        <TextInput
          label="From"
          placeholder={sender === null ? 'Name or number' : `${sender} (team default)`}
          value={draft.from}
          onChange={set('from')}
          error={problems.from}
        />
        <TextInput
          label="Reference"
          placeholder="Optional reference"
          value={draft.reference}
          maxLength={REFERENCE_MAX}
          onChange={set('reference')}
        />
      </div>
      {me.role === 'owner' && (
        <div className={styles.payer}>
          <span aria-hidden>Send as</span>
          <MemberPicker
            value={draft.member}
            onChange={(member) => onChange({ ...draft, member })}
            label="Send as"
            placeholder="You (master balance)"
          />
        </div>
      )}
    </>
  );
}

const SHOWN_CHARACTERS = 8;

/** Counts segments in the browser with the server's rules on every key press. */
function Counted({ body }: { body: string }) {
  const { locale } = useLocale();
  const { encoding, segments } = countSegments(body);
  const characters = Array.from(body).length.toLocaleString(locale);
  const beyond = beyondGsm7(body);
  const because = beyond.slice(0, SHOWN_CHARACTERS).join(' ') + (beyond.length > SHOWN_CHARACTERS ? ' …' : '');
  return (
    <span data-testid="counted">
      {characters} {characters === '1' ? 'character' : 'characters'} · {segments}{' '}
      {segments === 1 ? 'segment' : 'segments'} · {ENCODINGS[encoding]}
      {beyond.length > 0 && ` (because of ${because})`}
    </span>
  );
}

function Balance({ preview, hasAny }: { preview: Preview; hasAny: boolean }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const label = preview.payer === 'master' ? 'Master balance' : 'Balance';
  const after = hasAny && preview.balanceAfter !== null ? toMicros(preview.balanceAfter) : null;
  return (
    <>
      <BalancePreview currency={currency} lines={[{ label, before: toMicros(preview.balance), after }]} />
      {hasAny && !preview.covered && (
        <Note tone="warn">
          Insufficient balance: this costs {formatMoney(toMicros(preview.cost), currency, locale)}, more than the
          balance and any recharge cover.
        </Note>
      )}
    </>
  );
}
