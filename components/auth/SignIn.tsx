'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useRef, useState, type FormEvent } from 'react';
import { Note } from '@/components/ui/pieces';
import { AuthPage } from './AuthPage';
import styles from '@/components/account/account.module.css';
import { CodeField, EmailField, Fault, PasswordField } from './fields';
import { postSignIn } from './session';
import { readFields } from './useForm';

type Credentials = { email: string; password: string };
type DemoSignIn = Credentials & { hasMailbox: boolean };

type State = { busy: boolean; why?: string; code: boolean };

/**
 * The sign-in page. Its fields are uncontrolled because the browser may fill them in before hydration; `method="post"`
 * keeps them out of the URL when the form is sent without JavaScript.
 * @param next the path to open after signing in
 * @param demo the demo owner's credentials, in a demo only
 * @param ways the other ways in that this installation offers
 */
export function SignIn({
  next,
  demo,
  ways,
}: {
  next: string;
  demo: DemoSignIn | null;
  ways: { signUp: boolean; setup: boolean };
}) {
  const [state, setState] = useState<State>({ busy: false, code: false });
  const form = useRef<HTMLFormElement>(null);
  const field = (name: string) => form.current?.querySelector<HTMLInputElement>(`[name=${name}]`);
  const enter = async (event: FormEvent<HTMLFormElement>) => {
    const of = readFields(event);
    setState({ busy: true, code: state.code });
    const entered = await postSignIn(of('email'), of('password'), of('code'));
    if (entered.ok) return window.location.assign(next);
    const { why, needs } = entered;
    setState({ busy: false, code: needs === 'code', ...(why !== undefined && { why }) });
    field(needs)?.select();
  };
  return (
    <AuthPage title={state.code ? 'Enter your code' : 'Sign in'}>
      <form ref={form} method="post" onSubmit={(event) => void enter(event)} className={styles.form}>
        <Fault text={state.why} />
        {/* Hidden fields are submitted again together with the code. */}
        <div hidden={state.code}>
          <div className={styles.form}>
            <EmailField first />
            <PasswordField />
          </div>
        </div>
        {state.code && <CodeField note="From your authenticator app, or one of your recovery codes." first />}
        <Button type="submit" loading={state.busy}>
          Sign in
        </Button>
      </form>
      {state.code ? (
        <p>
          <button type="button" className={styles.plain} onClick={() => setState({ busy: false, code: false })}>
            Sign in as someone else
          </button>
        </p>
      ) : (
        <>
          <p className={styles.ways}>
            <Link href="/forgot">Forgot password?</Link>
            {ways.signUp && <Link href="/sign-up">Create team</Link>}
            {ways.setup && <Link href="/setup">Set up the first team</Link>}
          </p>
          {demo && <Demo demo={demo} field={field} />}
        </>
      )}
    </AuthPage>
  );
}

/** Shows and fills in the demo's credentials. */
function Demo({ demo, field }: { demo: DemoSignIn; field: (name: string) => HTMLInputElement | null | undefined }) {
  const fillIn = () => {
    for (const [name, value] of [
      ['email', demo.email],
      ['password', demo.password],
    ] as const) {
      const input = field(name);
      if (input) input.value = value;
    }
    field('password')?.focus();
  };
  return (
    <Note
      action={
        <Button variant="default" size="compact-sm" onClick={fillIn}>
          Fill in
        </Button>
      }
    >
      Demo: sign in as <code>{demo.email}</code> with <code>{demo.password}</code>.{' '}
      {demo.hasMailbox && (
        <>
          Emails land in the demo <Link href="/mailbox">mailbox</Link>.
        </>
      )}
    </Note>
  );
}
