import { type TeamId, asTeamId } from './ids';

export const ROLES = ['owner', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** A person or a key acting from a seat. `role` is what the seat holds now, read again inside each change. */
export type MemberActor = {
  type: 'member';
  teamId: TeamId;
  teamName: string;
  currency: string;
  memberId: string;
  role: Role;
  name: string;
  credential: { type: 'user' | 'key'; id: string };
  channel: 'web' | 'api';
  address: string | null;
  /** When the person last proved in this browser who he is. A key proves it each time. */
  confirmedAt?: Date;
};

/** The operator at the command line, or a job. Stands above roles, in one team at a time. */
export type OperatorActor = {
  type: 'operator';
  teamId: TeamId;
  currency: string;
  name: string;
  channel: 'cli' | 'system';
};

/** A person who comes with an invitation: no seat yet, and perhaps no account. May do what the invitation says. */
export type VisitorActor = {
  type: 'visitor';
  teamId: TeamId;
  currency: string;
  name: string;
  userId: string | null;
  channel: 'web';
  address: string | null;
};

export type Actor = MemberActor | OperatorActor | VisitorActor;

/** Who acts, as it is written on what comes of it. */
export function credentialOf(actor: Actor): { actorType: 'user' | 'key' | 'operator'; actorId: string | null } {
  if (actor.type === 'operator') return { actorType: 'operator', actorId: null };
  if (actor.type === 'visitor') return { actorType: 'user', actorId: actor.userId };
  return { actorType: actor.credential.type, actorId: actor.credential.id };
}

/** Who is written on a transfer (`ledger_post`'s `p_post`). A rule acts by itself; a job signs as the operator. */
export const transferActor = (actor: Actor) => ({
  ...credentialOf(actor),
  actorName: actor.name,
  actorMember: actingMember(actor),
});

/** Whose seat must exist, be live and be read again inside the transaction; others have none. */
export const actingMember = (actor: Actor): string | null => (actor.type === 'member' ? actor.memberId : null);

/** Who acts in a team without the rights of a seat: what he may do there, his being the person of it says. */
export const visitorActor = (teamId: string, who: Pick<VisitorActor, 'name' | 'userId' | 'address'>): Actor => ({
  type: 'visitor',
  teamId: asTeamId(teamId),
  // It prints no money.
  currency: '',
  channel: 'web',
  ...who,
});
