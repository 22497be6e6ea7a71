import type { ReactNode } from 'react';
import { PRINTED_AMOUNT, toMicros, type Micros } from '@/server/domain/core/money';
import type { AuditAction, AUDIT_CHANNELS, AUDIT_NOUNS } from '@/server/domain/core/audit-vocabulary';

export type Facts = Record<string, unknown>;

const AMOUNT = new RegExp(PRINTED_AMOUNT);

/** Returns the amount that a value of an event prints, or null. */
export const findAmount = (value: unknown): Micros | null =>
  typeof value === 'string' && AMOUNT.test(value) ? toMicros(value) : null;

type Say = {
  /** The affected member, as a link. */
  member: ReactNode;
  /** The amount of the event. */
  amount: ReactNode;
  after: Facts;
  before: Facts;
};

type Label = (say: Say) => ReactNode;

/** The sentence of each action, without the actor. */
export const ACTION_LABELS: Record<AuditAction, Label> = {
  'team.created': () => 'created the team',
  'team.updated': ({ before, after }) => `changed the settings${changedOf(before, after)}`,
  'team.settings_changed': ({ before, after }) => `changed the settings${changedOf(before, after)}`,
  'team.funded': ({ amount }) => <>funded the master balance with {amount}</>,
  'team.withdrawn': ({ amount }) => <>withdrew {amount} from the master balance</>,
  'team.suspended': ({ after }) => `suspended the team${reasonOf(after)}`,
  'team.resumed': () => 'resumed the team',
  'member.created': ({ member }) => <>created {member}</>,
  'member.updated': ({ member, after }) => (
    <>
      changed {Object.keys(after).map(fieldLabel).join(', ') || 'nothing'} of {member}
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
  'member.left': ({ member }) => <>left the team; {member} was kept, with a new API key</>,
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
  'invitation.resent': (say) => `resent the invitation to ${invitedOf(say)}`,
  'invitation.revoked': (say) => `revoked the invitation to ${invitedOf(say)}`,
  'invitation.link_shown': (say) => `viewed the invitation link for ${invitedOf(say)}`,
  'invitation.requested': (say) => `requested a new invitation link for ${invitedOf(say)}`,
  'invitation.accepted': (say) => `accepted the invitation for ${invitedOf(say)}`,
  'invitation.declined': (say) => `declined the invitation for ${invitedOf(say)}`,
  'key.rotated': ({ member }) => <>rotated the API key of {member}</>,
  'key.revealed': ({ member }) => <>revealed the API key of {member}</>,
  'key.ended': ({ member }) => <>ended an API key of {member ?? 'a member'}</>,
  'recharge.set': ({ member }) => <>set the auto-recharge rule of {member}</>,
  'recharge.deleted': ({ member }) => <>removed the auto-recharge rule of {member}</>,
  'transfer.reversed': ({ member, amount }) => (
    <>
      reversed {member ?? 'a member'}’s transfer of {amount}
    </>
  ),
  'rates.replaced': ({ after }) => `replaced the rate card (${String(after['rows'])} rows)`,
  'rates.confirmed': () => 'confirmed the sample prices',
  'messages.batch_sent': ({ after, amount }) => (
    <>
      sent {String(after['messages'])} messages in one batch for {amount}
    </>
  ),
  'member.password_given': ({ member }) => <>reset {member}’s password</>,
  'member.two_factor_reset': ({ member }) => <>removed {member}’s two-factor</>,
  'user.password_changed': ({ after }) =>
    after['by'] === 'link' ? 'reset their password by email' : 'changed their password',
  'user.two_factor_on': () => 'turned on two-factor',
  'user.two_factor_off': () => 'turned off two-factor',
  'user.recovery_codes_made': () => 'created new recovery codes',
  'user.sessions_ended': () => 'signed out their other browsers',
  'user.alert_switched': ({ after }) =>
    `turned ${Object.values(after)[0] === true ? 'on' : 'off'} one of their email alerts`,
  'user.renamed': () => 'changed their name',
  'user.session_ended': () => 'signed out another of their browsers',
  'user.data_exported': () => 'exported their data',
  'user.erased': ({ member }) => <>deleted a user; {member} was kept without one</>,
};

/** Returns the sentence of an action; an action of a later release is shown by its code. */
export const actionLabel = (action: string): Label =>
  (ACTION_LABELS as Partial<Record<string, Label>>)[action] ?? (() => action);

export const TOPIC_LABELS: Record<(typeof AUDIT_NOUNS)[number], string> = {
  team: 'Team and settings',
  member: 'Members and money',
  invitation: 'Invitations',
  key: 'API keys',
  recharge: 'Auto-recharge rules',
  transfer: 'Reversals',
  rates: 'Rate card',
  messages: 'Message batches',
  user: 'Sign-in and privacy',
};

export const CHANNEL_LABELS: Record<(typeof AUDIT_CHANNELS)[number], string> = {
  web: 'Console',
  api: 'API',
  cli: 'CLI',
  system: 'System',
};

export const ACTOR_LABELS = { user: 'user', key: 'API key', operator: 'operator' } as const;

/** Returns a field's name in words: `textRetentionDays` becomes "text retention days". */
export const fieldLabel = (field: string): string => field.replace(/([A-Z])/g, ' $1').toLowerCase();

/** Returns the fields that an event changed, or all fields if it has only one side. */
export function auditFields(before: Facts | null, after: Facts | null): string[] {
  const all = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])];
  if (!before || !after) return all;
  return all.filter((field) => JSON.stringify(before[field] ?? null) !== JSON.stringify(after[field] ?? null));
}

function changedOf(before: Facts, after: Facts): string {
  const changed = auditFields(before, after);
  return changed.length === 0 ? '' : `: ${changed.map(fieldLabel).join(', ')}`;
}

const reasonOf = ({ reason }: Facts): string => (typeof reason === 'string' ? `: ${reason}` : '');

function invitedOf({ before, after }: Say): string {
  const email = after['email'] ?? before['email'];
  return typeof email === 'string' ? email : 'someone';
}
