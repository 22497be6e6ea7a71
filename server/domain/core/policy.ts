import type { Actor } from './actor';
import { fail } from './errors';

/**
 * Who may do what (an owner: all of it). For a member: `own`, its own seat alone, or `no`.
 * What is not a member's own does not exist for it: `onlyOwn` answers 404, never 403.
 */
const MEMBER_MAY = {
  'team.see': 'no',
  'team.change': 'no',
  'members.see': 'own',
  'members.manage': 'no',
  'members.role': 'own', // the way back of one who stepped down himself; the verb decides
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

/** How far the actor's right reaches. Throws `owner_required` where it has none. */
export function may(actor: Actor, permission: Permission): Scope {
  if (actor.type === 'operator') return 'team';
  if (actor.type === 'visitor') fail('owner_required');
  if (actor.role === 'owner') return 'team';
  return MEMBER_MAY[permission] === 'own' ? 'own' : fail('owner_required');
}

/** As `may`, for one seat: another's seat is not found by who may only see its own. */
export function mayFor(actor: Actor, permission: Permission, memberId: string): Scope {
  const scope = may(actor, permission);
  if (scope === 'own' && actor.type === 'member' && actor.memberId !== memberId) fail('not_found');
  return scope;
}

/** Whether a seat may act at all: what its key and its sessions are told once it is not active. */
export function mustBeLive(status: 'active' | 'inactive' | 'deleted' | null): void {
  if (status === 'inactive') fail('member_inactive');
  if (status !== 'active') fail('invalid_key');
}

/** Returns whether the actor sees what the owners note about members: their metadata and external ids. */
export const seesNotes = (actor: Actor): boolean =>
  actor.type === 'operator' || (actor.type === 'member' && actor.role === 'owner');

/** Only the operator, never a seat: what moves money over the edge of the system. */
export function mayOperate(actor: Actor): void {
  if (actor.type !== 'operator') fail('owner_required', { detail: 'Only the operator of this service may do this.' });
}

/** The seat to which a list is held, or null for the whole team. */
export function ownMemberScope(actor: Actor, permission: Permission): string | null {
  return may(actor, permission) === 'own' && actor.type === 'member' ? actor.memberId : null;
}
