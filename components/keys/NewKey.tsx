'use client';

import { Button, Group } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState } from 'react';
import styles from '@/components/members/members.module.css';
import moneyStyles from '@/components/money/money.module.css';
import { CopyButton } from '@/components/ui/Copy';
import { useCloseGuard } from '@/components/ui/dialogs';
import { Note } from '@/components/ui/pieces';
import { curlOf } from './SendCurl';

type Props = { apiKey: string; password?: string | undefined; email?: string; onClose: () => void; again?: boolean };

/**
 * A key in plain text, with what it is used in. Leaving without having copied it asks once.
 * @param again it can be seen again: the owner's reveal, not a new key
 */
export function NewKey({ apiKey, password, email, onClose, again = false }: Props) {
  const [taken, setTaken] = useState(again);
  const [asked, setAsked] = useState(false);
  const leave = () => {
    const mayClose = taken || asked;
    if (!mayClose) setAsked(true);
    return mayClose;
  };
  useCloseGuard(leave);
  const curl = curlOf(window.location.origin, apiKey);
  const env = `PURSER_URL=${window.location.origin}/api/v1\nPURSER_API_KEY=${apiKey}\n`;
  return (
    <div className={moneyStyles.form}>
      {!again && <p>This is the key, shown once in plain text. Copy it now and keep it where secrets are kept.</p>}
      <code className={styles.secret} data-testid="api-key" onCopy={() => setTaken(true)}>
        {apiKey}
      </code>
      <Group gap="xs">
        <CopyButton text={apiKey} label="Copy the key" onCopied={() => setTaken(true)} />
        <Button
          size="xs"
          variant="default"
          component="a"
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(env)}`}
          download="purser.env"
          leftSection={<Download size={14} aria-hidden />}
          onClick={() => setTaken(true)}
        >
          Download .env
        </Button>
      </Group>
      {password !== undefined && (
        <>
          <p>The sign-in, shown once too:</p>
          <code className={styles.secret}>
            {email} {password}
          </code>
          <Group gap="xs">
            <CopyButton text={password} label="Copy the password" />
          </Group>
        </>
      )}
      <p>Send a message with it:</p>
      <pre className={styles.code}>{curl}</pre>
      <Group gap="xs">
        <CopyButton text={curl} label="Copy the curl" onCopied={() => setTaken(true)} />
      </Group>
      {asked && !taken && (
        <Note tone="warn" alert>
          The key was not copied. An owner can reveal it later; that is written to the audit log.
        </Note>
      )}
      <div className={moneyStyles.foot}>
        <Button onClick={() => leave() && onClose()}>{asked && !taken ? 'Close without copying' : 'Done'}</Button>
      </div>
    </div>
  );
}
