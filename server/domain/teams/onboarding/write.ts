import { eq, sql } from 'drizzle-orm';
import type { Db } from '@/db/client';
import { users } from '@/db/schema/users';
import { enqueue, type Services, type Tx } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { newUuid7 } from '@/server/domain/core/ids';
import { findLink, findLinkById } from '@/server/domain/identity/email-links/read';
import { endLinks, makeLink, useUpLink } from '@/server/domain/identity/email-links/write';
import type { LinkKind } from '@/server/domain/identity/email-links/rules';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { note, personally, type Guest } from '@/server/domain/core/user-context';
import { handOver, setPassword } from '@/server/domain/identity/users/write';
import { sampleRates } from '@/server/domain/billing/rates/read';
import { failAt } from '@/server/domain/identity/sessions/write';
import { createTeam } from '../teams/write';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import { accountKey, mustBeFew } from '@/server/domain/identity/login-throttle/write';
import { findHolder, hasTeam, mustBeOpen } from './read';
import { isSetupCode } from './rules';
import type { Address, EnteredAs, Founded, Reset, SetUp, SignUp } from './schema';

type Done = { done: true };

/**
 * Has a link mailed that sets a new password. The answer is the same for an address that nobody has, after the same work:
 * who holds it is looked up by the job that mails.
 * @throws DomainError `rate_limited`, by address and by network, known or not
 */
export async function askForReset(asker: Guest, { email }: Address): Promise<Done> {
  return askForLink(asker, 'reset', email);
}

/**
 * Has a link mailed with which its holder makes a team. The same for an address that has an account.
 * @throws DomainError `rate_limited`; `not_found` where only the operator makes teams
 */
export async function askToSignUp(asker: Guest, { email }: Address): Promise<Done> {
  mustBeOpen(asker);
  return askForLink(asker, 'sign-up', email);
}

async function askForLink(asker: Guest, kind: LinkKind, email: string): Promise<Done> {
  const { address } = asker.origin;
  await mustBeFew(asker, 'asked', networkOf(address));
  await mustBeFew(asker, 'mailed', accountKey(email));
  return personally(asker, async (tx) => {
    enqueue(tx, 'mail-link', { linkId: await makeLink(tx, { kind, email, address }) });
    return { done: true };
  });
}

/** Mails a link that was asked for, if it is for somebody: a password is that of an account. Repeated, it mails again. */
export async function mailLink(services: Services, linkId: string): Promise<void> {
  const link = await findLinkById(services, linkId);
  if (!link) return;
  const { kind, email } = link;
  const { db } = services.database;
  const [user] = await db.select({ id: users.id }).from(users).where(eq(users.email, email));
  if (kind === 'reset' && !user) return;
  const mail = { kind: kind === 'reset' ? ('password-reset' as const) : kind, address: email, about: linkId };
  await personally(services, (tx) => queueMail(tx, { ...mail, userId: user?.id ?? null }));
}

/**
 * Sets a new password by a mailed link, once. It proves the address and signs out all browsers. A second factor stays,
 * unless nobody had proven the address before: then whoever set it up was never its holder.
 * @throws DomainError `not_found`: the link is not good, or no more
 */
export async function resetPassword(asker: Guest, { token, password }: Reset): Promise<EnteredAs> {
  const link = (await findLink(asker, token, 'reset')) ?? failDead();
  const passwordHash = await hashPassword(password, networkOf(asker.origin.address));
  return personally(asker, async (tx) => {
    const email = (await useUpLink(tx, link.id, 'reset')) ?? failDead();
    const user = (await lockUser(tx, email)) ?? failDead();
    await takeHold(tx, user, passwordHash);
    const { address } = asker.origin;
    const { userId } = user;
    note(tx, { userId, action: 'person.password_changed', address, requestId: asker.requestId, after: { by: 'link' } });
    await queueMail(tx, { kind: 'password-changed', address: email, userId, facts: { by: 'link', address } });
    return { email };
  });
}

const failDead = (): never =>
  fail('not_found', { detail: 'This link was used before, or its time is over. Ask for a new one.' });

type Place = { db: Db; now: Date };
type User = { userId: string; email: string; isProven: boolean };

async function lockUser({ db }: Place, email: string): Promise<User | undefined> {
  const [user] = await db
    .select({ userId: users.id, email: users.email, isProven: sql<boolean>`${users.emailProvenAt} IS NOT NULL` })
    .from(users)
    .where(eq(users.email, email))
    .for('update');
  return user;
}

/** Who has used a link that was mailed to the address holds the account: with a new password, and nobody else in it. */
async function takeHold(tx: Place, { userId, email, isProven }: User, passwordHash: string): Promise<void> {
  if (isProven) return setPassword(tx, { userId, email, passwordHash });
  await handOver(tx, { userId, email, passwordHash });
  await tx.db.update(users).set({ emailProvenAt: tx.now }).where(eq(users.id, userId));
}

/**
 * Makes a team and its owner by a mailed link, once. Who has an account under the address keeps it as it is, and gets one
 * seat more.
 * @throws DomainError `not_found`: the link is not good, or no more, or only the operator makes teams; `invalid_request`
 */
export async function signUp(asker: Guest, { token, team, currency, ...given }: SignUp): Promise<Founded> {
  mustBeOpen(asker);
  const { id, email } = (await findLink(asker, token, 'sign-up')) ?? failDead();
  const known = await findHolder(asker, email);
  const name = known ?? given.name ?? failAt('name', 'Give your name.');
  const password = known === null ? (given.password ?? failAt('password', 'Choose a password.')) : null;
  const passwordHash = password === null ? null : await hashPassword(password, networkOf(asker.origin.address));
  const wanted = { name: team, currency, owner: { name, email, passwordHash }, rates: sampleRates() };
  const founded = await createTeam(asker, wanted, {
    by: { name, address: asker.origin.address, requestId: asker.requestId },
    first: async (tx) => {
      if ((await useUpLink(tx, id, 'sign-up')) === null) failDead();
      await endLinks(tx, email, ['sign-up']);
      if (passwordHash !== null) await becomeHolder(tx, { name, email, passwordHash });
    },
  });
  return { email, slug: founded.slug };
}

/** Makes the account of who holds an address, or makes one his that was there under it and never proven. */
async function becomeHolder(tx: Tx, user: { name: string; email: string; passwordHash: string }): Promise<void> {
  const there = await lockUser(tx, user.email);
  if (there) return takeHold(tx, there, user.passwordHash);
  const made = { id: newUuid7(tx.now), ...user, emailProvenAt: tx.now, createdAt: tx.now };
  const [fresh] = await tx.db.insert(users).values(made).onConflictDoNothing().returning({ id: users.id });
  // Somebody made it a moment ago, and is waited for here.
  if (!fresh) await takeHold(tx, (await lockUser(tx, user.email))!, user.passwordHash);
}

/** Any number that is the same in all processes: those that make the first team queue at it. */
const SETUP_LOCK = 7_305_118;

/**
 * Makes the first team and its owner, by the code that the start has printed.
 * @throws DomainError `not_found` once there is a team, `invalid_request` at `code`, `rate_limited`
 */
export async function setUp(asker: Guest, { code, team, currency, ...owner }: SetUp): Promise<Founded> {
  if (await hasTeam(asker.database.db)) fail('not_found');
  await mustBeFew(asker, 'setup', networkOf(asker.origin.address));
  if (!isSetupCode(asker.vault, code)) failAt('code', 'This is not the code that npm start has printed.');
  const { name, email, password } = owner;
  const passwordHash = await hashPassword(password, networkOf(asker.origin.address));
  const wanted = { name: team, currency, owner: { name, email, passwordHash }, rates: sampleRates() };
  const founded = await createTeam(asker, wanted, {
    by: { name, address: asker.origin.address, requestId: asker.requestId },
    first: async (tx) => {
      await tx.db.execute(sql`SELECT pg_advisory_xact_lock(${SETUP_LOCK})`);
      if (await hasTeam(tx.db)) fail('not_found');
    },
  });
  return { email, slug: founded.slug };
}
