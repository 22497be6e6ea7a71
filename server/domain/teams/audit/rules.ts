import { parseId, printId, type IdPrefix } from '@/server/domain/core/ids';

/** All that is remembered of who did what. What an action is about stands before the dot. */
export const AUDIT_ACTIONS = [
  'team.created',
  'team.updated',
  'team.settings_changed',
  'team.funded',
  'team.withdrawn',
  'team.suspended',
  'team.resumed',
  'member.created',
  'member.updated',
  'member.activated',
  'member.deactivated',
  'member.role_changed',
  'member.deleted',
  'member.restored',
  'member.joined',
  'member.left',
  'member.password_given',
  'member.two_factor_reset',
  'member.credited',
  'member.debited',
  'invitation.created',
  'invitation.resent',
  'invitation.revoked',
  'invitation.link_shown',
  'invitation.requested',
  'invitation.accepted',
  'invitation.declined',
  'key.rotated',
  'key.revealed',
  'key.ended',
  'recharge.set',
  'recharge.deleted',
  'transfer.reversed',
  'rates.replaced',
  'rates.confirmed',
  'messages.batch_sent',
  'person.password_changed',
  'person.two_factor_on',
  'person.two_factor_off',
  'person.recovery_codes_made',
  'person.sessions_ended',
  'person.alert_switched',
  'person.renamed',
  'person.session_ended',
  'person.data_exported',
  'person.erased',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

export const AUDIT_NOUNS = [
  'team',
  'member',
  'invitation',
  'key',
  'recharge',
  'transfer',
  'rates',
  'messages',
  'person',
] as const;

export const AUDIT_DOORS = ['web', 'api', 'cli', 'job'] as const;

/** The actions that a filter means: one, or all that are about a noun; none for any other text. */
export const actionsMeant = (filter: string): AuditAction[] =>
  AUDIT_ACTIONS.filter((action) => action === filter || action.split('.', 1)[0] === filter);

/** What kind of id names each kind of target. */
const TARGETS: Record<string, IdPrefix> = {
  team: 'team',
  member: 'mem',
  key: 'key',
  transfer: 'trf',
  invitation: 'inv',
};

/** What kind of id stands in each field of `before` and `after`. */
const FIELDS: Record<string, IdPrefix> = {
  transferId: 'trf',
  reversalOf: 'trf',
  memberId: 'mem',
  owner: 'mem',
  keyId: 'key',
  invitationId: 'inv',
};

/** Who acted, as a filter names him: by the id of a person or a key, or `operator`. Null: nobody can be meant by it. */
export function actorMeant(filter: string): { id: string | null } | null {
  if (filter === 'operator') return { id: null };
  const id = parseId('usr', filter) ?? parseId('key', filter);
  return id === null ? null : { id };
}

/** The id of who acted as the API prints it; null for the operator. */
export const printActor = (type: string, id: string | null): string | null =>
  id !== null && UUID.test(id) ? printId(type === 'key' ? 'key' : 'usr', id) : null;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A target's id as the API prints it; null where the kind has none. */
export function printTarget(type: string, id: string | null): string | null {
  const prefix = TARGETS[type];
  return prefix && id !== null && UUID.test(id) ? printId(prefix, id) : null;
}

/** What an audit row says of before or after, with its ids as the API prints them. */
export function printFacts(facts: Record<string, unknown> | null): Record<string, unknown> | null {
  if (facts === null) return null;
  const printed = Object.entries(facts).map(([name, value]) => {
    const prefix = FIELDS[name];
    return [name, prefix && typeof value === 'string' && UUID.test(value) ? printId(prefix, value) : value];
  });
  return Object.fromEntries(printed) as Record<string, unknown>;
}
