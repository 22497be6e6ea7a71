'use client';

import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { encode } from 'uqr';
import { useTRPC } from '@/components/data';
import { CopyIconButton } from '@/components/ui/Copy';
import styles from './account.module.css';
import { CodeField, Fault, PasswordField } from '@/components/auth/fields';
import { RecoveryCodes } from './RecoveryCodes';
import { faultsOf, readFields } from '@/components/auth/useForm';

/** Turns on two-factor: password, QR code, first code, then recovery codes. */
export function AddTwoFactor({ onClose }: { onClose: () => void }) {
  // Never cached: the secret and the codes disappear with the dialog.
  const start = useMutation(useTRPC().account.startTwoFactor.mutationOptions({ gcTime: 0 }));
  const confirm = useMutation(useTRPC().account.confirmTwoFactor.mutationOptions({ gcTime: 0 }));
  if (confirm.data) return <RecoveryCodes codes={confirm.data.recoveryCodes} onClose={onClose} />;
  const [step, next] = start.data ? ([confirm, 'Turn on'] as const) : ([start, 'Continue'] as const);
  const faults = faultsOf(step);
  return (
    <form
      method="post"
      className={styles.form}
      noValidate
      onSubmit={(event) => {
        const of = readFields(event);
        if (start.data) confirm.mutate({ code: of('code') });
        else start.mutate({ password: of('password') });
      }}
    >
      <Fault text={faults.rest} />
      {start.data ? (
        <>
          <Scan {...start.data} />
          <CodeField
            key="code"
            label="Code from the app"
            error={faults.at('code')}
            note="Six digits. It changes every 30 seconds."
            first
          />
        </>
      ) : (
        <PasswordField label="Your password" error={faults.at('password')} first />
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button type="submit" loading={step.isPending}>
          {next}
        </Button>
      </div>
    </form>
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
