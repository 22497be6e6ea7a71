import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { type SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { PERSON } from './passwords';
import { HERE } from './procedures';
import { addMember, ownerPool, type TestMember, type TestTeam } from './team';

export const PASSWORD = PERSON.password;

/** Returns the network of a user's sign-in, which no other user shares. */
export const networkOfUser = (userId: string): string => `2001:db8:${userId.slice(-8, -4)}:${userId.slice(-4)}::1`;

/** Creates a user without a membership who has verified the address and is signed in once. */
export async function makeSignedInUser(name = 'Ann Person'): Promise<SignedInUser> {
  const [userId, sessionId] = [newUuid7(), newUuid7()];
  const email = `${userId}@people.test`;
  await ownerPool().query(
    'INSERT INTO users (id, name, email, password_hash, email_proven_at) VALUES ($1, $2, $3, $4, now())',
    [userId, name, email, PERSON.hash],
  );
  await ownerPool().query(
    `INSERT INTO sessions (id, user_id, expires_at, address, agent) VALUES ($1, $2, now() + interval '1 day', $3, 'a browser')`,
    [sessionId, userId, networkOfUser(userId)],
  );
  return { userId, sessionId, name, email };
}

/** Creates a member of a team for a user. */
export async function addMembership(
  user: SignedInUser,
  team: TestTeam,
  input: Parameters<typeof addMember>[1] = {},
): Promise<TestMember> {
  const made = await addMember(team, { name: user.name, email: user.email, ...input });
  await setUserOfMember(user, team, made.id);
  return made;
}

/** Sets the user of an existing member. */
export async function setUserOfMember(user: SignedInUser, team: TestTeam, memberId: string): Promise<void> {
  await ownerPool().query('UPDATE members SET user_id = $1 WHERE team_id = $2 AND id = $3', [
    user.userId,
    team.teamId,
    memberId,
  ]);
}

/** Calls the procedures of a user, or of a visitor. */
export const visitorContextOf = (user: SignedInUser | null) =>
  createCaller({
    services: services(),
    actor: null,
    user,
    origin: HERE,
    requestId: newRequestId(),
    idempotencyKey: null,
  }).account;
