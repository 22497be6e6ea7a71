import { parseId, printId, type IdPrefix } from '@/server/domain/core/ids';
import { AUDIT_ACTIONS, type AuditAction } from '@/server/domain/core/audit-vocabulary';

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
