import type { ReactNode } from 'react';
import type { AuditAction, AUDIT_CHANNELS, AUDIT_NOUNS } from '@/server/domain/core/audit-vocabulary';

export type Facts = Record<string, unknown>;

type Say = {
  /** The member that it was done to, with the way to it. */
  member: ReactNode;
  /** The amount that the event tells of. */
  amount: ReactNode;
  after: Facts;
  before: Facts;
};

type Words = (say: Say) => ReactNode;

/** What each action is in words, after the name of who did it. */
export const WORDS: Record<AuditAction, Words> = {
  'team.created': () => 'made the team',
  'team.updated': ({ before, after }) => `changed the settings${changedOf(before, after)}`,
  'team.settings_changed': ({ before, after }) => `changed the settings${changedOf(before, after)}`,
  'team.funded': ({ amount }) => <>funded the master balance with {amount}</>,
  'team.withdrawn': ({ amount }) => <>withdrew {amount} from the master balance</>,
  'team.suspended': ({ after }) => `suspended the team${reasonOf(after)}`,
  'team.resumed': () => 'resumed the team',
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
  'member.joined': ({ member }) => <>joined the team as {member}</>,
  'member.left': ({ member }) => <>left the team; the seat {member} stays, with a new key</>,
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
  'invitation.created': (say) => `invited ${invitedOf(say)}`,
  'invitation.resent': (say) => `sent the invitation of ${invitedOf(say)} again`,
  'invitation.revoked': (say) => `revoked the invitation of ${invitedOf(say)}`,
  'invitation.link_shown': (say) => `viewed the invitation link of ${invitedOf(say)}`,
  'invitation.requested': (say) => `asked for a new invitation for ${invitedOf(say)}`,
  'invitation.accepted': (say) => `accepted the invitation of ${invitedOf(say)}`,
  'invitation.declined': (say) => `declined the invitation of ${invitedOf(say)}`,
  'key.rotated': ({ member }) => <>rotated the key of {member}</>,
  'key.revealed': ({ member }) => <>looked at the key of {member}</>,
  'key.ended': ({ member }) => <>ended a key of {member ?? 'a member'}</>,
  'recharge.set': ({ member }) => <>set the recharge rule of {member}</>,
  'recharge.deleted': ({ member }) => <>removed the recharge rule of {member}</>,
  'transfer.reversed': ({ member, amount }) => (
    <>
      reversed a transfer of {amount} with {member ?? 'a member'}
    </>
  ),
  'rates.replaced': ({ after }) => `replaced the prices (${String(after['rows'])} rows)`,
  'rates.confirmed': () => 'confirmed the sample prices',
  'messages.batch_sent': ({ after, amount }) => (
    <>
      sent {String(after['messages'])} messages at once for {amount}
    </>
  ),
  'member.password_given': ({ member }) => <>gave the person of {member} a new password</>,
  'member.two_factor_reset': ({ member }) => <>took the second factor from the person of {member}</>,
  'user.password_changed': ({ after }) =>
    after['by'] === 'link' ? 'set a new password by a mailed link' : 'changed their own password',
  'user.two_factor_on': () => 'turned two-factor sign-in on',
  'user.two_factor_off': () => 'turned two-factor sign-in off',
  'user.recovery_codes_made': () => 'made new recovery codes',
  'user.sessions_ended': () => 'signed out of other browsers',
  'user.alert_switched': ({ after }) =>
    `switched one of their alert mails ${Object.values(after)[0] === true ? 'on' : 'off'}`,
  'user.renamed': () => 'changed their own name',
  'user.session_ended': () => 'signed out of another browser',
  'user.data_exported': () => 'exported their own data',
  'user.erased': ({ member }) => <>erased a person; the seat {member} stays without one</>,
};

/** What is said of an event: of an action of a later release its own name. */
export const wordsFor = (action: string): Words => (WORDS as Partial<Record<string, Words>>)[action] ?? (() => action);

export const NOUNS: Record<(typeof AUDIT_NOUNS)[number], string> = {
  team: 'Team and settings',
  member: 'Members and money',
  invitation: 'Invitations',
  key: 'Keys',
  recharge: 'Recharge rules',
  transfer: 'Reversals',
  rates: 'Prices',
  messages: 'Batches of messages',
  user: 'Sign-in and privacy',
};

export const THROUGH: Record<(typeof AUDIT_CHANNELS)[number], string> = {
  web: 'these pages',
  api: 'the API',
  cli: 'the operator’s command',
  system: 'a job',
};

/** A field in words: `textRetentionDays` is "text retention days". */
export const wordOf = (field: string): string => field.replace(/([A-Z])/g, ' $1').toLowerCase();

/** The fields that an event changed; all of them where it tells of one side alone. */
export function auditFields(before: Facts | null, after: Facts | null): string[] {
  const all = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  if (!before || !after) return all;
  return all.filter((field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null));
}

function changedOf(before: Facts, after: Facts): string {
  const changed = auditFields(before, after);
  return changed.length === 0 ? '' : `: ${changed.map(wordOf).join(', ')}`;
}

const reasonOf = ({ reason }: Facts): string => (typeof reason === 'string' ? `: ${reason}` : '');

function invitedOf({ before, after }: Say): string {
  const email = after['email'] ?? before['email'];
  return typeof email === 'string' ? email : 'somebody';
}
