import { type TeamId, asTeamId } from './ids';

export const ROLES = ['owner', 'member'] as const;
export type Role = (typeof ROLES)[number];

/** A user or an API key that acts as a member. `role` is the member's current role, read again inside each change. */
export type MemberActor = {
  type: 'member';
  teamId: TeamId;
  teamName: string;
  currency: string;
  memberId: string;
  role: Role;
  name: string;
  credential: Credential;
  channel: 'web' | 'api';
  address: string | null;
  /** The time of the user's last reauthentication in this browser. An API key has none: it proves itself with each request. */
  confirmedAt?: Date;
};

/** The user who is signed in, or the API key of the request with the parts that may be shown. */
export type Credential = { type: 'user'; id: string } | { type: 'key'; id: string; prefix: string; last4: string };

/** The operator at the command line, or a job. Has every permission, in one team at a time. */
export type OperatorActor = {
  type: 'operator';
  teamId: TeamId;
  currency: string;
  name: string;
  channel: 'cli' | 'system';
};

/** A user or visitor who opens an invitation: not yet a member, perhaps without an account. Limited to the invitation. */
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

/** Returns the actor's type and id as they are stored on transfers and audit rows. */
export function credentialOf(actor: Actor): { actorType: 'user' | 'key' | 'operator'; actorId: string | null } {
  if (actor.type === 'operator') return { actorType: 'operator', actorId: null };
  if (actor.type === 'visitor') return { actorType: 'user', actorId: actor.userId };
  return { actorType: actor.credential.type, actorId: actor.credential.id };
}

/** Returns the actor columns of a transfer (`p_post` of `ledger_post`). A job is recorded as the operator. */
export const transferActor = (actor: Actor) => ({
  ...credentialOf(actor),
  actorName: actor.name,
  actorMember: actingMember(actor),
});

/** Returns the id of the acting member, whose status is checked again inside the transaction, or null for other actors. */
export const actingMember = (actor: Actor): string | null => (actor.type === 'member' ? actor.memberId : null);

/** Returns an actor without a member's rights, for changes that follow from being the user of an invitation or account. */
export const visitorActor = (teamId: string, identity: Pick<VisitorActor, 'name' | 'userId' | 'address'>): Actor => ({
  type: 'visitor',
  teamId: asTeamId(teamId),
  // No amount is printed for a visitor.
  currency: '',
  channel: 'web',
  ...identity,
});
