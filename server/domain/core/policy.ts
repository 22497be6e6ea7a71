import type { Actor } from './actor';
import { fail } from './errors';

/**
 * Permissions of the role `member`: `own` for the member itself only, or `no`. An owner has all of them. Data of other
 * members gives 404 (`not_found`), never 403.
 */
const MEMBER_MAY = {
  'team.see': 'no',
  'team.change': 'no',
  'members.see': 'own',
  'members.manage': 'no',
  'members.role': 'own', // a former owner who stepped down may return; the command decides
  'keys.see': 'own',
  'keys.rotate': 'own',
  'keys.reveal': 'no',
  'recharge.see': 'own',
  'recharge.manage': 'no',
  'money.move': 'no',
  'transfers.see': 'own',
  'messages.see': 'own',
  'messages.send': 'own',
  'reports.see': 'own',
  'audit.see': 'no',
  'invitations.see': 'no',
  'invitations.manage': 'no',
  'rates.see': 'no',
} as const satisfies Record<string, 'own' | 'no'>;

export type Permission = keyof typeof MEMBER_MAY;
export type Scope = 'team' | 'own';

/**
 * Returns the scope of the actor's permission.
 * @throws DomainError `owner_required` if the actor does not have it
 */
export function may(actor: Actor, permission: Permission): Scope {
  if (actor.type === 'operator') return 'team';
  if (actor.type === 'visitor') fail('owner_required');
  if (actor.role === 'owner') return 'team';
  return MEMBER_MAY[permission] === 'own' ? 'own' : fail('owner_required');
}

/**
 * Like `may`, for one member.
 * @throws DomainError `owner_required`, `not_found` for another member if the scope is `own`
 */
export function mayFor(actor: Actor, permission: Permission, memberId: string): Scope {
  const scope = may(actor, permission);
  if (scope === 'own' && actor.type === 'member' && actor.memberId !== memberId) fail('not_found');
  return scope;
}

/**
 * Requires an active member.
 * @throws DomainError `member_inactive`, `invalid_key` for a deleted or unknown member
 */
export function mustBeLive(status: 'active' | 'inactive' | 'deleted' | null): void {
  if (status === 'inactive') fail('member_inactive');
  if (status !== 'active') fail('invalid_key');
}

/** Returns whether the actor can see the metadata and external ids of members. */
export const canSeeNotes = (actor: Actor): boolean =>
  actor.type === 'operator' || (actor.type === 'member' && actor.role === 'owner');

/** Returns whether the actor can see the carriers that messages are handed to. */
export const canSeeCarriers = (actor: Actor): boolean => canSeeNotes(actor);

/**
 * Requires the operator, for example to move money into or out of the system.
 * @throws DomainError `owner_required`
 */
export function mayOperate(actor: Actor): void {
  if (actor.type !== 'operator') fail('owner_required', { detail: 'Only the operator of this service can do this.' });
}

/** Returns the member to whom a list is limited, or null for the whole team. */
export function ownMemberScope(actor: Actor, permission: Permission): string | null {
  return may(actor, permission) === 'own' && actor.type === 'member' ? actor.memberId : null;
}
