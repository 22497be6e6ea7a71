'use client';

import { Textarea, TextInput } from '@mantine/core';
import { MemberPicker } from '@/components/members/MemberPicker';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import { usePreview, type Draft } from './useSend';
import { ENCODINGS } from './labels';
import { REFERENCE_MAX } from '@/server/domain/messaging/messages/rules';
import { beyondGsm7, countSegments } from '@/server/domain/messaging/segments/rules';

type FieldProps = {
  form: Pick<ReturnType<typeof useCommandForm<Draft, object>>, 'values' | 'field' | 'errorAt'>;
  problems: ReturnType<typeof usePreview>['problems'];
  /** The team's default sender. */
  sender: string | null;
};

/** The fields of a message: its recipients, text, sender, reference and, for owners, the member who pays. */
export function MessageFields({ form, problems, sender }: FieldProps) {
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
