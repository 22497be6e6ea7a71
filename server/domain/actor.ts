import type { TeamId } from './ids';

export const ROLES = ['owner', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** A person or a key acting from a seat. `role` is what the seat holds now, read again inside each change. */
export type SeatActor = {
  type: 'seat';
  teamId: TeamId;
  teamName: string;
  currency: string;
  memberId: string;
  role: Role;
  name: string;
  credential: { type: 'user' | 'key'; id: string };
  door: 'web' | 'api';
  address: string | null;
};

/** The operator at the command line, or a job. Stands above roles, in one team at a time. */
export type OperatorActor = {
  type: 'operator';
  teamId: TeamId;
  currency: string;
  name: string;
  door: 'cli' | 'job';
};

export type Actor = SeatActor | OperatorActor;

/** Who is written on a transfer (`ledger_post`'s `p_post`). A rule acts by itself; a job signs as the operator. */
export function signature(actor: Actor): {
  actorType: 'user' | 'key' | 'operator';
  actorId: string | null;
  actorName: string;
  actorMember: string | null;
} {
  if (actor.type === 'operator')
    return { actorType: 'operator', actorId: null, actorName: actor.name, actorMember: null };
  return {
    actorType: actor.credential.type,
    actorId: actor.credential.id,
    actorName: actor.name,
    actorMember: actor.memberId,
  };
}

/** Whose seat must exist, be live and be read again inside the transaction; an operator has none. */
export const seatOf = (actor: Actor): string | null => (actor.type === 'seat' ? actor.memberId : null);
