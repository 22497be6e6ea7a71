'use client';

import { Button, Group } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useState } from 'react';
import { useTRPC } from '@/components/data';
import { CopyButton } from '@/components/ui/Copy';
import { useCloseGuard } from '@/components/ui/dialogs';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Note } from '@/components/ui/pieces';
import styles from './account.module.css';
import { PasswordField } from '@/components/auth/fields';

/** Shows recovery codes once. Closing without having copied them asks for confirmation once. */
export function RecoveryCodes({ codes, onClose }: { codes: string[]; onClose: () => void }) {
  const [taken, setTaken] = useState(false);
  const [isWarned, setWarned] = useState(false);
  const leave = () => {
    if (!taken) setWarned(true);
    return taken || isWarned;
  };
  useCloseGuard(leave);
  const text = codes.join('\n');
  return (
    <FormStack>
      <p>Use a recovery code if you lose your phone. Each works once. Save them now; they won’t be shown again.</p>
      <ul className={styles.codes} aria-label="Recovery codes" onCopy={() => setTaken(true)}>
        {codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <Group gap="xs">
        <CopyButton text={text} label="Copy codes" onCopied={() => setTaken(true)} />
        <Button
          size="xs"
          variant="default"
          component="a"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(`${text}\n`)}`}
          download="purser-recovery-codes.txt"
          leftSection={<Download size={14} aria-hidden />}
          onClick={() => setTaken(true)}
        >
          Download
        </Button>
      </Group>
      {isWarned && !taken && (
        <Note tone="warn" alert>
          You haven’t copied the codes. If you lose the app, only the operator can restore your access without them.
        </Note>
      )}
      <FormFoot>
        <Button onClick={() => leave() && onClose()}>{isWarned && !taken ? 'Close without copying' : 'Done'}</Button>
      </FormFoot>
    </FormStack>
  );
}

/** Replaces the recovery codes with new ones. */
export function NewRecoveryCodes({ onClose }: { onClose: () => void }) {
  const renew = useMutation(useTRPC().account.renewRecoveryCodes.mutationOptions({ gcTime: 0 }));
  const form = useCommandForm({
    initial: { password: '' },
    command: renew,
    inputOf: (typed) => typed,
    mode: 'uncontrolled',
  });
  if (renew.data) return <RecoveryCodes codes={renew.data.recoveryCodes} onClose={onClose} />;
  return (
    <Form form={form} submit="Create new codes" onCancel={onClose}>
      <p>You’ll get ten new codes. Your old codes will stop working.</p>
      <PasswordField {...form.field('password')} first />
    </Form>
  );
}
