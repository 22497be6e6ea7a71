'use client';

import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import type { ReactNode } from 'react';
import type { useTRPC } from '@/components/data';
import { useShell } from '@/components/shell/useShell';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/Money';
import styles from './audit.module.css';

export type AuditEvent = inferOutput<ReturnType<typeof useTRPC>['audit']['listAuditEvents']>['data'][number];

type Say = {
  /** The member that it was done to, with the way to it. */
  member: ReactNode;
  /** The amount that the event tells of. */
  amount: ReactNode;
  after: Record<string, unknown>;
  before: Record<string, unknown>;
};

/** What each action is in words, after the name of who did it. */
const WORDS: Record<string, (say: Say) => ReactNode> = {
  'team.created': () => 'made the team',
  'team.updated': ({ before, after }) => `changed the settings${changedOf(before, after)}`,
  'team.funded': ({ amount }) => <>funded the master balance with {amount}</>,
  'team.withdrawn': ({ amount }) => <>withdrew {amount} from the master balance</>,
  'member.created': ({ member }) => <>created {member}</>,
  'member.updated': ({ member, after }) => (
    <>
      changed {Object.keys(after).map(wordOf).join(', ') || 'nothing'} of {member}
    </>
  ),
  'member.activated': ({ member }) => <>activated {member}</>,
  'member.deactivated': ({ member }) => <>deactivated {member}</>,
  'member.role_changed': ({ member, after }) => (
    <>
      made {member} {after['role'] === 'owner' ? 'an owner' : 'a member'}
    </>
  ),
  'member.deleted': ({ member, amount }) => (
    <>
      deleted {member}; {amount} went back to the master balance
    </>
  ),
  'member.restored': ({ member }) => <>restored {member}</>,
  'member.credited': ({ member, amount }) => (
    <>
      credited {member} with {amount}
    </>
  ),
  'member.debited': ({ member, amount }) => (
    <>
      debited {amount} from {member}
    </>
  ),
  'member.password_given': ({ member }) => <>gave {member} a new sign-in password</>,
  'member.two_factor_reset': ({ member }) => <>turned the second factor of {member} off</>,
  'person.renamed': ({ before, after }) =>
    `has another name: ${String(before['name'])} is now ${String(after['name'])}`,
  'person.password_changed': ({ after }) =>
    after['by'] === 'link' ? 'set a new password by a mailed link' : 'changed the password',
  'person.two_factor_on': () => 'turned two-factor on',
  'person.two_factor_off': () => 'turned two-factor off',
  'person.recovery_codes_renewed': () => 'made new recovery codes',
  'person.session_ended': () => 'signed a browser out',
  'person.sessions_ended': () => 'signed out everywhere',
  'transfer.reversed': ({ amount }) => <>reversed a transfer of {amount}</>,
  'recharge.set': ({ member }) => <>set the recharge rule of {member}</>,
  'recharge.deleted': ({ member }) => <>removed the recharge rule of {member}</>,
  'key.rotated': ({ member }) => <>rotated the key of {member}</>,
  'key.revealed': ({ member }) => <>looked at the key of {member}</>,
  'key.ended': () => 'ended an old key',
  'rates.replaced': ({ after }) => `replaced the prices (${String(after['rows'])} rows)`,
  'rates.confirmed': () => 'confirmed the sample prices',
  'messages.batch_sent': ({ after, amount }) => (
    <>
      sent {String(after['messages'])} messages at once for {amount}
    </>
  ),
};

const wordOf = (field: string): string => field.replace(/([A-Z])/g, ' $1').toLowerCase();

function changedOf(before: Record<string, unknown>, after: Record<string, unknown>): string {
  const changed = Object.keys(after).filter((field) => before[field] !== after[field]);
  return changed.length === 0 ? '' : `: ${changed.map(wordOf).join(', ')}`;
}

/** One event of the audit log as a sentence: who did what to whom, and when. */
export function AuditLine({ event }: { event: AuditEvent }) {
  const { slug, currency } = useShell().team;
  const after = event.after ?? {};
  const amount = after['amount'] ?? after['returned'] ?? after['cost'];
  const words = WORDS[event.action] ?? (() => event.action);
  return (
    <p className={styles.line}>
      <span>
        <strong>{event.actor.name}</strong>{' '}
        {words({
          after,
          amount: typeof amount === 'string' ? <Money amount={amount} currency={currency} /> : 'an amount',
          before: event.before ?? {},
          member:
            event.targetType === 'member' ? (
              <Link href={`/${slug}/members/${event.targetId}`} prefetch={false}>
                {event.targetName ?? 'a member'}
              </Link>
            ) : null,
        })}
      </span>
      <span className="muted">
        <Instant at={event.at} />
      </span>
    </p>
  );
}
