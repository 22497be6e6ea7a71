'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import { useState } from 'react';
import { sayRefusal } from '@/components/ui/form/CommandNote';
import { Form, FormStack } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Note } from '@/components/ui/pieces';
import { AuthPage } from './AuthPage';
import styles from '@/components/account/account.module.css';
import { CodeField, EmailField, PasswordField } from './fields';
import { postSignIn, SignInRefusal } from './session';

type Credentials = { email: string; password: string };
type DemoSignIn = Credentials & { hasMailbox: boolean };

/**
 * The sign-in page. Its fields are left to the browser, which may fill them in before hydration.
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
  const { form, needsCode, someoneElse } = useSignIn(next);
  return (
    <AuthPage title={needsCode ? 'Enter your code' : 'Sign in'}>
      <Form form={form} submit="Sign in" isWide>
        {/* Hidden fields are submitted again together with the code. */}
        <div hidden={needsCode}>
          <FormStack>
            <EmailField {...form.field('email')} first />
            <PasswordField {...form.field('password')} />
          </FormStack>
        </div>
        {needsCode && (
          <CodeField note="From your authenticator app, or one of your recovery codes." {...form.field('code')} first />
        )}
      </Form>
      {needsCode ? (
        <p>
          <button type="button" className={styles.plain} onClick={someoneElse}>
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
          {demo && <Demo demo={demo} />}
        </>
      )}
    </AuthPage>
  );
}

const field = (name: string) => document.querySelector<HTMLInputElement>(`form [name=${name}]`);

function useSignIn(next: string) {
  const [needsCode, setNeedsCode] = useState(false);
  const form = useCommandForm({
    initial: { email: '', password: '', code: '' },
    command: {
      mutateAsync: async ({ email, password, code }: Credentials & { code: string }) => {
        const entered = await postSignIn(email, password, code);
        if (!entered.ok) throw new SignInRefusal(entered.why ?? '', entered.needs);
        window.location.assign(next);
      },
    },
    inputOf: (typed) => typed,
    say: (error) => (error instanceof SignInRefusal ? error.message : sayRefusal(error)),
    onRefused: (error) => {
      if (!(error instanceof SignInRefusal)) return;
      setNeedsCode(error.needs === 'code');
      field(error.needs)?.select();
    },
    mode: 'uncontrolled',
  });
  const someoneElse = () => {
    setNeedsCode(false);
    form.start(form.values);
  };
  return { form, needsCode, someoneElse };
}

/** Shows and fills in the demo's credentials. */
function Demo({ demo }: { demo: DemoSignIn }) {
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
