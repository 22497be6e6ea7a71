import { parseId, printId, type IdPrefix } from '@/server/domain/core/ids';
import { AUDIT_ACTIONS, type AuditAction } from '@/server/domain/core/audit-vocabulary';

/** Returns the actions that a filter means: one action, or all actions of a noun. Empty for any other text. */
export const actionsMeant = (filter: string): AuditAction[] =>
  AUDIT_ACTIONS.filter((action) => action === filter || action.split('.', 1)[0] === filter);

/** The id prefix of each target type. */
const TARGETS: Record<string, IdPrefix> = {
  team: 'team',
  member: 'mem',
  key: 'key',
  transfer: 'trf',
  invitation: 'inv',
};

/** The id prefix of each field in `before` and `after`. */
const FIELDS: Record<string, IdPrefix> = {
  transferId: 'trf',
  reversalOf: 'trf',
  memberId: 'mem',
  owner: 'mem',
  keyId: 'key',
  invitationId: 'inv',
};

/** Parses an actor filter: the id of a user or a key, or `operator`. Returns null when no actor can match. */
export function actorMeant(filter: string): { id: string | null } | null {
  if (filter === 'operator') return { id: null };
  const id = parseId('usr', filter) ?? parseId('key', filter);
  return id === null ? null : { id };
}

/** Prints the id of an actor as the API shows it; null for the operator. */
export const printActor = (type: string, id: string | null): string | null =>
  id !== null && UUID.test(id) ? printId(type === 'key' ? 'key' : 'usr', id) : null;

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Prints the id of a target as the API shows it; null where the type has none. */
export function printTarget(type: string, id: string | null): string | null {
  const prefix = TARGETS[type];
  return prefix && id !== null && UUID.test(id) ? printId(prefix, id) : null;
}

/** Prints `before` or `after` of an audit row with its ids as the API shows them. */
export function printFacts(facts: Record<string, unknown> | null): Record<string, unknown> | null {
  if (facts === null) return null;
  const printed = Object.entries(facts).map(([name, value]) => {
    const prefix = FIELDS[name];
    return [name, prefix && typeof value === 'string' && UUID.test(value) ? printId(prefix, value) : value];
  });
  return Object.fromEntries(printed) as Record<string, unknown>;
}
