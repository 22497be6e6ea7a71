'use client';

import { MessageFields } from './MessageFields';
import { useEffect, useRef, useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { isUnanswered, sayProblem } from '@/components/data';
import { BalancePreview } from '@/components/ui/money/BalancePreview';
import { useMoneyTexts } from '@/components/transfers/useMoneyTexts';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { Recipients } from './Recipients';
import { SentMessages } from './SentMessages';
import { batchOf, usePreview, useSend, type Batch, type Preview, type Sent } from './useSend';

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
      <MessageFields form={form} problems={problems} sender={preview.data?.sender ?? null} />
      <Recipients rows={rows} repeated={repeated} isStale={isStale} />
      {preview.data && <Balance preview={preview.data} hasAny={ready.length > 0} />}
      {preview.isError && !isUnanswered(preview.error) && <Note tone="bad">{sayProblem(preview.error)}</Note>}
    </Form>
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
