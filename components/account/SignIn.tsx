'use client';

import { Button, PasswordInput, TextInput } from '@mantine/core';
import Link from 'next/link';
import { useRef, useState, type FormEvent } from 'react';
import { Note } from '@/components/ui/pieces';
import styles from './account.module.css';
import { signIn } from './session';

type Credentials = { email: string; password: string };
type Demo = Credentials & { hasMailbox: boolean };

/**
 * The way in. The fields belong to the browser, which may have filled them in before this runs; sent without it, the form
 * puts nothing into the address.
 * @param next where to go then
 * @param demo how to sign in where this is the demo
 */
export function SignIn({ next, demo }: { next: string; demo: Demo | null }) {
  const [state, setState] = useState<'ready' | 'busy' | { why: string }>('ready');
  const email = useRef<HTMLInputElement>(null);
  const password = useRef<HTMLInputElement>(null);
  const enter = async (event: FormEvent) => {
    event.preventDefault();
    setState('busy');
    const entered = await signIn(email.current?.value ?? '', password.current?.value ?? '');
    if (entered.ok) return window.location.assign(next);
    setState({ why: entered.why });
    password.current?.select();
  };
  const fillIn = ({ email: address, password: word }: Credentials) => {
    if (email.current) email.current.value = address;
    if (password.current) password.current.value = word;
    password.current?.focus();
  };
  return (
    <main className={styles.alone}>
      <p className={styles.product}>Purser</p>
      <h1>Sign in</h1>
      <form method="post" onSubmit={(event) => void enter(event)} className={styles.form}>
        <div role="alert">{typeof state === 'object' && <Note tone="bad">{state.why}</Note>}</div>
        <TextInput
          ref={email}
          label="Email"
          name="email"
          type="text"
          inputMode="email"
          autoComplete="username"
          autoCapitalize="none"
          spellCheck={false}
          // oxlint-disable-next-line jsx-a11y/no-autofocus -- the page is this form
          autoFocus
          required
          withAsterisk={false}
        />
        <PasswordInput
          ref={password}
          label="Password"
          name="password"
          autoComplete="current-password"
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password', tabIndex: 0 }}
          required
          withAsterisk={false}
        />
        <Button type="submit" loading={state === 'busy'}>
          Sign in
        </Button>
      </form>
      {demo && (
        <Note
          action={
            <Button variant="default" size="compact-sm" onClick={() => fillIn(demo)}>
              Fill in
            </Button>
          }
        >
          This is a demo. Its owner signs in as <code>{demo.email}</code> with <code>{demo.password}</code>.{' '}
          {demo.hasMailbox && (
            <>
              What it would mail is in its <Link href="/mailbox">mailbox</Link>.
            </>
          )}
        </Note>
      )}
    </main>
  );
}
