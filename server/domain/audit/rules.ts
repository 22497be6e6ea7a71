import { printId, type IdPrefix } from '../ids';

/** What kind of id names each kind of target. */
const TARGETS: Record<string, IdPrefix> = {
  team: 'team',
  member: 'mem',
  key: 'key',
  transfer: 'trf',
  invitation: 'inv',
};

/** What kind of id stands in each field of `before` and `after`. */
const FIELDS: Record<string, IdPrefix> = { transferId: 'trf', memberId: 'mem', owner: 'mem' };

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
