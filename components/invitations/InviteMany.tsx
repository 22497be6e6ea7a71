'use client';

import { rowInput, useInvites, wireOf, type Invited } from './useInvites';
import { Textarea } from '@mantine/core';
import { BulkResults } from '@/components/bulk/BulkResults';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { formatMoney, sumOf } from '@/components/ui/money/format';
import { CopyButton } from '@/components/ui/Copy';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { PASTED_MAX, readPasted, type Pasted } from './pasted';
import { PastedRows } from './PastedRows';

/** Invites many people from a pasted list, each with its own result. */
export function InviteMany({ onClose }: { onClose: () => void }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const { bulk, links } = useInvites();
  const form = useCommandForm({
    initial: { text: '' },
    command: {
      mutateAsync: async (invited: Invited[]) => bulk.start(invited.map((one) => [one.email, wireOf(one)])),
    },
    inputOf: ({ text }) => readPasted(text, currency, locale).flatMap(rowInput),
    draft: 'bulk invite',
  });
  const rows = readPasted(form.values.text, currency, locale);
  const good = rows.flatMap(rowInput);
  if (bulk.results.size > 0 || bulk.isRunning) {
    const made = [...links.current].map(([email, url]) => `${email}\t${url}`).join('\n');
    return (
      <BulkResults
        rows={good.map(({ email }) => ({ id: email, name: email }))}
        bulk={bulk}
        onClose={onClose}
        allWentWell={
          good.length === 1 ? 'Invitation created' : `All ${good.length.toLocaleString(locale)} invitations created`
        }
        more={made !== '' && <CopyButton text={made} label="Copy all links" />}
      />
    );
  }
  return (
    <Form
      form={form}
      submit={good.length > 1 ? `Invite ${good.length.toLocaleString(locale)}` : 'Invite'}
      isReady={good.length > 0 && rows.length <= PASTED_MAX}
      onCancel={onClose}
    >
      <Textarea
        label="People to invite"
        description="One email per line, or a CSV: email, name, role (owner or member), starting credit"
        placeholder={'jo@example.com\nAl Reed <al@example.com>\nkim@example.com, Kim, member, 25.00'}
        {...form.field('text')}
        autosize
        minRows={4}
        maxRows={10}
        data-autofocus
      />
      {rows.length > 0 && <PastedRows rows={rows} currency={currency} />}
      <Counted rows={rows} good={good} />
    </Form>
  );
}

/** Says which rows are left out, and the money that the others promise. */
function Counted({ rows, good }: { rows: Pasted[]; good: Invited[] }) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const skipped = rows.length - good.length;
  const credits = sumOf(good.map(({ credit }) => credit ?? 0n));
  return (
    <>
      {rows.length > PASTED_MAX && (
        <Note tone="warn">
          {rows.length.toLocaleString(locale)} lines. The limit is {PASTED_MAX.toLocaleString(locale)} at once.
        </Note>
      )}
      <p className="muted" aria-live="polite">
        {skipped > 0 && `${skipped} ${skipped === 1 ? 'line' : 'lines'} skipped. `}
        {credits !== 0n && `${formatMoney(credits, currency, locale)} in starting credit, charged on acceptance.`}
      </p>
    </>
  );
}
