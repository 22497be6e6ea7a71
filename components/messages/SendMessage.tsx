'use client';

import { Textarea, TextInput } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { isUnanswered, sayProblem } from '@/components/data';
import { MemberPicker } from '@/components/members/MemberPicker';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import { Recipients } from './Recipients';
import { SentMessages } from './SentMessages';
import { batchOf, usePreview, useSend, type Batch, type Draft, type Preview, type Sent } from './useSend';
import { ENCODINGS } from './labels';
import { REFERENCE_MAX } from '@/server/domain/messaging/messages/rules';
import { beyondGsm7, countSegments } from '@/server/domain/messaging/segments/rules';

type Props = { member: string | null; onClose: () => void };

/** Writes a text to one or many recipients, with a live preview of the cost, and sends it. */
export function SendMessage({ member, onClose }: Props) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const [sent, setSent] = useState<Sent | null>(null);
  // The preview is made from the form's values, so that the batch is known after the form.
  const batch = useRef<Batch | null>(null);
  const form = useCommandForm({
    initial: { member, to: '', from: '', body: '', reference: '' },
    command: useSend(setSent),
    inputOf: () => batch.current,
    draft: `send ${member ?? ''}`,
    ...useMoneyTexts(),
  });
  const { preview, ready, repeated, isStale, problems, canSend } = usePreview(form.values);
  const rows = preview.data?.rows ?? [];
  useEffect(() => {
    batch.current = canSend ? batchOf(form.values, rows) : null;
  });
  if (sent) return <SentMessages {...sent} onClose={onClose} />;
  const cost = ready.length > 0 ? ` for ${formatMoney(toMicros(preview.data!.cost), currency, locale)}` : '';
  return (
    <Form
      form={form}
      submit={(ready.length > 1 ? `Send to ${ready.length.toLocaleString(locale)}` : 'Send') + cost}
      isReady={canSend}
      onCancel={onClose}
    >
      <Fields form={form} problems={problems} sender={preview.data?.sender ?? null} />
      <Recipients rows={rows} repeated={repeated} isStale={isStale} />
      {preview.data && <Balance preview={preview.data} hasAny={ready.length > 0} />}
      {preview.isError && !isUnanswered(preview.error) && <Note tone="bad">{sayProblem(preview.error)}</Note>}
    </Form>
  );
}

type FieldProps = {
  form: Pick<ReturnType<typeof useCommandForm<Draft, object>>, 'values' | 'field' | 'errorAt'>;
  problems: ReturnType<typeof usePreview>['problems'];
  /** The team's default sender. */
  sender: string | null;
};

function Fields({ form, problems, sender }: FieldProps) {
  const { me } = useShell();
  const { error: _error, ...payer } = form.field('member');
  return (
    <>
      <Textarea
        label="To"
        description="International format. One per line, or paste a list."
        placeholder="+14155550100"
        {...form.field('to')}
        error={problems.to ?? form.errorAt('to')}
        autosize
        minRows={1}
        maxRows={6}
        data-autofocus
      />
      <Textarea
        label="Text"
        {...form.field('body')}
        description={<Counted body={form.values.body} />}
        inputWrapperOrder={['label', 'input', 'description', 'error']}
        error={problems.body ?? form.errorAt('body')}
        autosize
        minRows={3}
        maxRows={12}
      />
      <div className={styles.pair}>
        <TextInput
          label="From"
          placeholder={sender === null ? 'Name or number' : `${sender} (team default)`}
          {...form.field('from')}
          error={problems.from ?? form.errorAt('from')}
        />
        <TextInput
          label="Reference"
          placeholder="Optional reference"
          maxLength={REFERENCE_MAX}
          {...form.field('reference')}
        />
      </div>
      {me.role === 'owner' && (
        <div className={styles.payer}>
          <span aria-hidden>Send as</span>
          <MemberPicker {...payer} label="Send as" placeholder="You (master balance)" />
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
