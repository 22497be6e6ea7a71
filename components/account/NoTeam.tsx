'use client';

import { Button } from '@mantine/core';
import Link from 'next/link';
import styles from './account.module.css';
import { signOut } from '@/components/auth/session';

/**
 * The page of a user without an accessible team.
 * @param deactivated the names of the teams in which the user's membership is deactivated
 * @param others true when the user has another accessible team
 */
export function NoTeam({ email, deactivated, others }: { email: string; deactivated: string[]; others: boolean }) {
  const leave = () => void signOut().finally(() => window.location.assign('/sign-in'));
  return (
    <main className={styles.alone}>
      <h1>{titleOf(deactivated, others)}</h1>
      {deactivated.length === 0 && <p>Ask an owner to invite you. Teams you join appear here.</p>}
      {deactivated.map((name) => (
        <p key={name}>
          An owner of <strong>{name}</strong> deactivated your access. Your balance is kept, and an owner can activate
          you again.
        </p>
      ))}
      <p className="muted">You’re signed in as {email}.</p>
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

function titleOf(deactivated: string[], others: boolean): string {
  if (deactivated.length > 0) return `Your access to ${deactivated.join(', ')} is deactivated`;
  return others ? 'You don’t have access to this team' : 'No team yet';
}
