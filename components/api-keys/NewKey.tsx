'use client';

import { Button, Group } from '@mantine/core';
import { Download } from 'lucide-react';
import { useState } from 'react';
import styles from '@/components/members/members.module.css';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { CopyButton } from '@/components/ui/Copy';
import { useCloseGuard } from '@/components/ui/dialogs';
import { Note } from '@/components/ui/pieces';
import { curlOf } from './SendCurl';

type Props = {
  apiKey: string;
  password?: string | undefined;
  email?: string;
  onClose: () => void;
  again?: boolean;
  /** The formatted balance of a new member without money. */
  empty?: string | undefined;
  /** The label of the last button. */
  done?: string;
};

/**
 * Shows an API key in plain text with a sample command and, for generated sign-ins, the password. Closing without
 * having copied them asks for confirmation once.
 * @param again true when an owner reveals an existing key, which can be shown again
 */
export function NewKey({ apiKey, password, email, onClose, again = false, empty, done = 'Done' }: Props) {
  const [keyTaken, setTaken] = useState(again);
  const [passwordTaken, setPasswordTaken] = useState(password === undefined);
  const taken = keyTaken && passwordTaken;
  const [isWarned, setWarned] = useState(false);
  const leave = () => {
    const mayClose = taken || isWarned;
    if (!mayClose) setWarned(true);
    return mayClose;
  };
  useCloseGuard(leave);
  const curl = curlOf(window.location.origin, apiKey);
  const env = `PURSER_URL=${window.location.origin}/api/v1\nPURSER_API_KEY=${apiKey}\n`;
  return (
    <FormStack>
      {!again && <p>API key (shown once). Copy it now and store it securely.</p>}
      <code className={styles.secret} data-testid="api-key" onCopy={() => setTaken(true)}>
        {apiKey}
      </code>
      <Group gap="xs">
        <CopyButton text={apiKey} label="Copy key" onCopied={() => setTaken(true)} />
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
          <p>Sign-in details (shown once)</p>
          <Secret email={email} password={password} onTaken={() => setPasswordTaken(true)} />
        </>
      )}
      <p>Send a test message</p>
      <pre className={styles.code}>{curl}</pre>
      <Group gap="xs">
        <CopyButton text={curl} label="Copy command" onCopied={() => setTaken(true)} />
      </Group>
      {empty !== undefined && <Note>The balance is {empty}. Messages are refused until an owner adds credit.</Note>}
      {isWarned && !taken && (
        <Note tone="warn" alert>
          {sayUncopied(keyTaken, passwordTaken)}
        </Note>
      )}
      <FormFoot>
        <Button onClick={() => leave() && onClose()}>{isWarned && !taken ? 'Close without copying' : done}</Button>
      </FormFoot>
    </FormStack>
  );
}

const UNCOPIED_KEY = 'You haven’t copied the key. An owner can reveal it later (logged).';
const UNCOPIED_PASSWORD = 'You haven’t copied the password. It won’t be shown again; an owner can reset it.';

const sayUncopied = (keyTaken: boolean, passwordTaken: boolean): string =>
  [keyTaken ? '' : UNCOPIED_KEY, passwordTaken ? '' : UNCOPIED_PASSWORD].filter(Boolean).join(' ');

type SecretProps = { email: string | undefined; password: string; onTaken: () => void };

/** A generated password with its email address. */
const Secret = ({ email, password, onTaken }: SecretProps) => (
  <>
    <code className={styles.secret} data-testid="password" onCopy={onTaken}>
      {email} {password}
    </code>
    <Group gap="xs">
      <CopyButton text={password} label="Copy password" onCopied={onTaken} />
    </Group>
  </>
);

/** Shows a new password in plain text. Closing without having copied it asks for confirmation once. */
export function NewPassword({ email, password, onClose }: { email: string; password: string; onClose: () => void }) {
  const [taken, setTaken] = useState(false);
  const [isWarned, setWarned] = useState(false);
  const leave = () => {
    const mayClose = taken || isWarned;
    if (!mayClose) setWarned(true);
    return mayClose;
  };
  useCloseGuard(leave);
  return (
    <FormStack>
      <p>Sign-in details (shown once)</p>
      <Secret email={email} password={password} onTaken={() => setTaken(true)} />
      {isWarned && !taken && (
        <Note tone="warn" alert>
          {UNCOPIED_PASSWORD}
        </Note>
      )}
      <FormFoot>
        <Button onClick={() => leave() && onClose()}>{isWarned && !taken ? 'Close without copying' : 'Done'}</Button>
      </FormFoot>
    </FormStack>
  );
}
