import { sql } from 'drizzle-orm';
import { users } from '@/db/schema/users';
import type { Done } from '@/server/domain/core/codecs';
import { type TxContext } from '@/server/domain/core/context';
import { fail, failField } from '@/server/domain/core/errors';
import { newUuid7 } from '@/server/domain/core/ids';
import { findEmailLink } from '@/server/domain/identity/email-links/read';
import { endLinks, useUpLink, requestLink } from '@/server/domain/identity/email-links/write';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { type VisitorContext } from '@/server/domain/core/user-context';
import { sampleRates } from '@/server/domain/billing/rates/read';
import { createTeam } from '../teams/write';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import { enforceThrottle } from '@/server/domain/identity/login-throttle/write';
import { findAccountName, hasTeam, requireOpenSignUp } from './read';
import { isSetupCode } from './rules';
import type { CreatedTeam, SetUp, SignUp } from './schema';
import type { Address } from '@/server/domain/identity/email-links/schema';
import { failExpiredLink, lockUser, claimAccount } from '@/server/domain/identity/passwords/write';

/**
 * Queues an email with a link to create a team. Answers the same whether or not the address has an account.
 * @throws DomainError `rate_limited`; `not_found` where only the operator makes teams
 */
export async function requestSignUp(ctx: VisitorContext, { email }: Address): Promise<Done> {
  requireOpenSignUp(ctx);
  return requestLink(ctx, 'sign-up', email);
}

/**
 * Creates a team and its owner by an emailed link, which works once. An existing user keeps their account and gets one
 * more membership.
 * @throws DomainError `not_found` (the link is invalid or used, or only the operator creates teams), `invalid_request`
 */
export async function signUp(ctx: VisitorContext, { token, team, currency, ...given }: SignUp): Promise<CreatedTeam> {
  requireOpenSignUp(ctx);
  const { id, email } = (await findEmailLink(ctx, token, 'sign-up')) ?? failExpiredLink();
  const known = await findAccountName(ctx, email);
  const name = known ?? given.name ?? failField('/name', 'Enter your name.');
  const password = known === null ? (given.password ?? failField('/password', 'Choose a password.')) : null;
  const passwordHash = password === null ? null : await hashPassword(password, networkOf(ctx.origin.address));
  const wanted = { name: team, currency, owner: { name, email, passwordHash }, rates: sampleRates() };
  const created = await createTeam(ctx, wanted, {
    by: { name, address: ctx.origin.address, requestId: ctx.requestId },
    first: async (tx) => {
      if ((await useUpLink(tx, id, 'sign-up')) === null) failExpiredLink();
      await endLinks(tx, email, ['sign-up']);
      if (passwordHash !== null) await claimNewAccount(tx, { name, email, passwordHash });
    },
  });
  return { email, slug: created.slug };
}

/** Creates the user of a verified address, or claims an existing account whose address was never verified. */
async function claimNewAccount(
  tx: TxContext,
  user: { name: string; email: string; passwordHash: string },
): Promise<void> {
  const there = await lockUser(tx, user.email);
  if (there) return claimAccount(tx, there, user.passwordHash);
  const made = { id: newUuid7(tx.now), ...user, emailProvenAt: tx.now, createdAt: tx.now };
  const [fresh] = await tx.db.insert(users).values(made).onConflictDoNothing().returning({ id: users.id });
  // No row means that a concurrent request has created the user; the lock waits for it.
  if (!fresh) await claimAccount(tx, (await lockUser(tx, user.email))!, user.passwordHash);
}

/** The key of an advisory lock at which processes that create the first team queue. The number is arbitrary. */
const SETUP_LOCK = 7_305_118;

/**
 * Creates the first team and its owner, by the code that `npm start` prints.
 * @throws DomainError `not_found` once there is a team, `invalid_request` at `code`, `rate_limited`
 */
export async function createFirstTeam(
  ctx: VisitorContext,
  { code, team, currency, ...owner }: SetUp,
): Promise<CreatedTeam> {
  if (await hasTeam(ctx.database.db)) fail('not_found');
  await enforceThrottle(ctx, 'setup', networkOf(ctx.origin.address));
  if (!isSetupCode(ctx.vault, code)) failField('/code', 'Wrong setup code. Use the code that npm start printed.');
  const { name, email, password } = owner;
  const passwordHash = await hashPassword(password, networkOf(ctx.origin.address));
  const wanted = { name: team, currency, owner: { name, email, passwordHash }, rates: sampleRates() };
  const created = await createTeam(ctx, wanted, {
    by: { name, address: ctx.origin.address, requestId: ctx.requestId },
    first: async (tx) => {
      await tx.db.execute(sql`SELECT pg_advisory_xact_lock(${SETUP_LOCK})`);
      if (await hasTeam(tx.db)) fail('not_found');
    },
  });
  return { email, slug: created.slug };
}
