import { TOTP } from 'otpauth';
import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import type { VisitorContext, UserContext } from '@/server/domain/core/user-context';
import { confirmTwoFactor, startTwoFactor } from '@/server/domain/identity/users/write';
import { findSignedInUser } from '@/server/domain/identity/sessions/read';
import { signIn } from '@/server/domain/identity/sessions/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { OWNER } from './passwords';
import { ownerPool } from './team';

export const PASSWORD = OWNER.password;

/** Returns an address of a network of its own, so that no test uses up another's sign-in attempts. */
export const newAddress = (): string => {
  const part = () => Math.floor(Math.random() * 65_536).toString(16);
  return `2001:db8:${part()}:${part()}::1`;
};

/** Makes a visitor's context, with emails switched on. */
export const visitor = (address = newAddress(), agent = 'a browser'): VisitorContext => ({
  ...services(),
  mail: 'mailbox',
  signUp: 'open',
  user: null,
  origin: { address, agent },
  requestId: newRequestId(),
});

/** Creates a user with a password who owns a team; the address is not verified. */
export async function makeOwnerWithPassword(): Promise<{
  email: string;
  userId: string;
  teamId: string;
  slug: string;
}> {
  const email = `person-${newUuid7()}@example.test`;
  const owner = { name: 'Somebody', email, passwordHash: OWNER.hash };
  const { teamId, slug } = await createTeam(services(), { name: 'Somewhere', currency: 'USD', owner, rates: [] });
  const { rows } = await ownerPool().query<{ id: string }>('SELECT id FROM users WHERE email = $1', [email]);
  return { email, userId: rows[0]!.id, teamId, slug };
}

/** Signs a user in and returns their context. */
export async function signInAs(
  email: string,
  as: VisitorContext = visitor(),
  password = PASSWORD,
  code?: string,
): Promise<UserContext> {
  const entered = await signIn(as, { email, password, ...(code !== undefined && { code }) }, as.origin);
  if (!entered.ok) throw new Error(entered.reason);
  return { ...as, user: entered.user };
}

export const isLive = async ({ user }: UserContext): Promise<boolean> =>
  (await findSignedInUser(services(), user.sessionId)) !== null;

/** Turns the second factor on; returns a function for codes that many steps from now, and the recovery codes. */
export async function enableTwoFactorFor(ctx: UserContext, password = PASSWORD) {
  const { secret } = await startTwoFactor(ctx, { password });
  const codeAt = (beside: number) => new TOTP({ secret }).generate({ timestamp: Date.now() + beside * 30_000 });
  const { recoveryCodes } = await confirmTwoFactor(ctx, { code: codeAt(-1) });
  return { codeAt, recoveryCodes };
}

/** Returns the emails to an address, oldest first. */
export async function mailsTo(address: string) {
  const { rows } = await ownerPool().query<{ kind: string; about: string | null; facts: Record<string, unknown> }>(
    'SELECT kind, about, facts FROM mails WHERE address = $1 ORDER BY id',
    [address],
  );
  return rows;
}

/** Returns the audit events about a team's users, oldest first. */
export async function notesOf(teamId: string) {
  const { rows } = await ownerPool().query<{ action: string; address: string; actor_name: string }>(
    `SELECT action, address, actor_name FROM audit_events WHERE team_id = $1 AND action LIKE 'user.%' ORDER BY id`,
    [teamId],
  );
  return rows;
}
