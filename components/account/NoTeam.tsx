'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import styles from './account.module.css';
import { signOut } from '@/components/auth/session';

/**
 * What a person sees who has no seat to go to.
 * @param deactivated the teams in which the seat was deactivated
 * @param others where there is another team to go to
 */
export function NoTeam({ email, deactivated, others }: { email: string; deactivated: string[]; others: boolean }) {
  const leave = () => void signOut().finally(() => window.location.assign('/sign-in'));
  return (
    <main className={styles.alone}>
      <h1>{others ? 'This team is closed to you' : 'No team yet'}</h1>
      {deactivated.length === 0 && <p>An owner of a team can give you a seat in it. Then it opens here.</p>}
      {deactivated.map((name) => (
        <p key={name}>
          An owner of <strong>{name}</strong> has deactivated your seat. Its balance is untouched, and an owner can
          activate it again.
        </p>
      ))}
      <p className="muted">You are signed in as {email}.</p>
      <div className={styles.actions}>
        {others && (
          <Button component={Link} href="/account/teams">
            Your other teams
          </Button>
        )}
        <Button variant="default" onClick={leave}>
          Sign out
        </Button>
      </div>
    </main>
  );
}
