'use client';

import { useMutation } from '@tanstack/react-query';
import { encode } from 'uqr';
import { useTRPC } from '@/components/data';
import { CopyIconButton } from '@/components/ui/Copy';
import styles from './account.module.css';
import type { Command } from '@/components/ui/form/CommandNote';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { CodeField, PasswordField } from '@/components/auth/fields';
import { RecoveryCodes } from './RecoveryCodes';

/** Turns on two-factor: password, QR code, first code, then recovery codes. */
export function AddTwoFactor({ onClose }: { onClose: () => void }) {
  // Never cached: the secret and the codes disappear with the dialog.
  const begin = useMutation(useTRPC().account.startTwoFactor.mutationOptions({ gcTime: 0 }));
  const confirm = useMutation(useTRPC().account.confirmTwoFactor.mutationOptions({ gcTime: 0 }));
  if (confirm.data) return <RecoveryCodes codes={confirm.data.recoveryCodes} onClose={onClose} />;
  if (begin.data) return <FirstCode secret={begin.data} command={confirm} onClose={onClose} />;
  return <Password command={begin} onClose={onClose} />;
}

function Password({ command, onClose }: { command: Command<{ password: string }>; onClose: () => void }) {
  const form = useCommandForm({ initial: { password: '' }, command, inputOf: (typed) => typed, mode: 'uncontrolled' });
  return (
    <Form form={form} submit="Continue" onCancel={onClose}>
      <PasswordField label="Your password" {...form.field('password')} first />
    </Form>
  );
}

type FirstCodeProps = {
  secret: { uri: string; secret: string };
  command: Command<{ code: string }>;
  onClose: () => void;
};

function FirstCode({ secret, command, onClose }: FirstCodeProps) {
  const form = useCommandForm({ initial: { code: '' }, command, inputOf: (typed) => typed, mode: 'uncontrolled' });
  return (
    <Form form={form} submit="Turn on" onCancel={onClose}>
      <Scan {...secret} />
      <CodeField
        label="Code from the app"
        note="Six digits. It changes every 30 seconds."
        {...form.field('code')}
        first
      />
    </Form>
  );
}

/** The secret as a QR code and as text. */
const Scan = ({ uri, secret }: { uri: string; secret: string }) => (
  <div className={styles.scan}>
    <QrCode text={uri} />
    <div>
      <p>Scan this code with an authenticator app, or enter the secret:</p>
      <p>
        <code className={styles.secret} data-testid="totp-secret">
          {secret.match(/.{4}/g)?.join(' ')}
        </code>
        <CopyIconButton text={secret} label="Copy secret" />
      </p>
    </div>
  </div>
);

/** Renders a text as a QR code with the quiet zone that scanners need. */
function QrCode({ text }: { text: string }) {
  const { data, size } = encode(text, { border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg className={styles.qr} viewBox={`0 0 ${size} ${size}`} role="img" aria-label="QR code of the secret">
      <path d={path} fill="currentColor" shapeRendering="crispEdges" />
    </svg>
  );
}
