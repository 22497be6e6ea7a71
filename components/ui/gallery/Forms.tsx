'use client';

import { Button, TextInput } from '@mantine/core';
import { useDialogs } from '../dialogs';
import { WaitingNote } from '../form/CommandNote';
import { Form } from '../form/Form';
import { useCommandForm } from '../form/useCommandForm';
import { toast } from '../toast';
import styles from './gallery.module.css';

const REFUSED = 'The carrier refused it.';

/** The outcomes of a sample form's command, by its name. */
const OUTCOMES: Record<string, () => Promise<unknown>> = {
  'is carried out': () => Promise.resolve(),
  'is refused': () => Promise.reject(new Error(REFUSED)),
  'is never answered': () => new Promise(() => {}),
};

/** A form in each outcome of its command; in a dialog it guards its draft. */
export function Forms() {
  const open = useDialogs();
  return (
    <div className={styles.fields}>
      {Object.keys(OUTCOMES).map((outcome) => (
        <Sample key={outcome} outcome={outcome} />
      ))}
      <WaitingNote />
      <Button
        variant="default"
        onClick={() => open({ title: 'A form', body: (close) => <Sample outcome="is refused" onClose={close} /> })}
      >
        In a dialog
      </Button>
    </div>
  );
}

function Sample({ outcome, onClose }: { outcome: string; onClose?: () => void }) {
  const form = useCommandForm({
    initial: { name: '' },
    command: {
      mutateAsync: async () => {
        await OUTCOMES[outcome]?.();
        toast({ message: 'Saved.' });
      },
    },
    inputOf: (typed) => typed,
    check: ({ name }) => ({ name: name === '' ? 'Enter a name.' : undefined }),
    say: () => REFUSED,
    stays: true,
    ...(onClose && { draft: 'sample' }),
  });
  return (
    <Form form={form} submit={`Save, which ${outcome}`} onCancel={onClose}>
      <TextInput label="Name" {...form.field('name')} />
    </Form>
  );
}
