import { eq, inArray, or, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';
import { mailbox, mails } from '@/db/schema/mails';
import { mailedLinks, recoveryCodes, sessions, users } from '@/db/schema/users';
import { makeContext, type Context, type Services, operatorContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { holdInvitationsOf } from '@/server/domain/teams/inviters/write';
import { inUserTransaction, type UserContext, type UserTx } from '@/server/domain/core/user-context';
import { fireRule } from '@/server/domain/billing/auto-recharge/write';
import { verifyIdentity } from '@/server/domain/identity/sessions/write';
import { listTeamsInNeedOf, listTeamsOf } from './read';
import { ERASED_NAME, erasedEmail } from './rules';
import type { Erased, EraseMe } from './schema';
import { getUser, getUserByEmail, type User } from '@/server/domain/identity/users/read';
import { visitorActor } from '@/server/domain/core/actor';
import { lockMember } from '@/server/domain/billing/ledger/write';
import { findOwnMembership, detachUser } from '@/server/domain/teams/members/write';
import { recordAudit, enqueue, inTransaction } from '@/server/domain/core/transaction';

/**
 * Erases the signed-in user, who confirms with the password.
 * @throws DomainError `invalid_request` (wrong password), `rate_limited`, `last_owner` (naming the teams)
 */
export async function eraseMe(userCtx: UserContext, { password }: EraseMe): Promise<Erased> {
  const { userId } = userCtx.user;
  await verifyIdentity(userCtx, { password });
  const self = { name: ERASED_NAME, userId, address: null };
  const { erasedAt, trails } = await erase(userCtx, await getUser(userCtx, userId), (teamId) =>
    makeContext(userCtx, visitorActor(teamId, self), { requestId: userCtx.requestId }),
  );
  return { erasedAt, members: trails.length };
}

/**
 * Erases a user for the operator, by sign-in address, including the part that is otherwise left to a job.
 * @returns whether messages are still under way, whose texts are left to the job
 * @throws DomainError `last_owner` (naming the teams), `not_found`
 */
export async function eraseByOperator(services: Services, email: string): Promise<Erased & { waiting: boolean }> {
  // The operator vouches for the address.
  const user = { ...(await getUserByEmail(services, email)), isProven: true };
  const { erasedAt, trails } = await erase(services, user, (teamId) => operatorContext(services, teamId));
  let waiting = false;
  for (const { teamId, ...trail } of trails) {
    waiting = (await eraseTrail(operatorContext(services, teamId), trail)).waiting || waiting;
  }
  return { erasedAt, members: trails.length, waiting };
}

/**
 * Removes a user from all data: name, addresses, sign-in, sessions, emails and stored answers at once; texts of
 * messages and the name on transfers by a job, since they may be many. Members stay without a user; balances, counts
 * and ids stay. An interrupted erasure can be repeated and continues.
 * @param as returns the context of the erasing actor in one team
 */
async function erase(
  services: Services,
  user: User,
  as: (teamId: string) => Context,
): Promise<{ erasedAt: Date; trails: (Trail & { teamId: string })[] }> {
  if (user.erasedAt) return { erasedAt: user.erasedAt, trails: [] };
  const needed = await listTeamsInNeedOf(services, user.id);
  if (needed.length > 0) {
    const names = needed.map(({ name }) => `“${name}”`).join(', ');
    fail('last_owner', { detail: `Make another member an owner first in ${names}. Nothing was erased.` });
  }
  const trails: (Trail & { teamId: string })[] = [];
  for (const teamId of await listTeamsOf(services, user)) trails.push(...(await eraseIn(as(teamId), user)));
  return { erasedAt: await inUserTransaction(services, (tx) => eraseUser(tx, user)), trails };
}

/**
 * Removes a user from one team.
 * @returns the rest that a job erases for the members there
 */
async function eraseIn(ctx: Context, user: User): Promise<(Trail & { teamId: string })[]> {
  return inTransaction(ctx, null, async (tx) => {
    const { teamId } = tx.actor;
    const member = await findOwnMembership(tx.db, teamId, user.id);
    if (member) await holdInvitationsOf(tx, member.id);
    const locked = member && (await lockMember(tx, member.id, true));
    const { rows } = await tx.db.execute<{ member: string; until: string }>(
      sql`SELECT seat AS member, until::text FROM person_erase_in(${teamId}::uuid, ${user.id}::uuid, ${user.email}, ${user.isProven})`,
    );
    if (locked) await detachUser(tx, locked);
    for (const { member: memberId, until } of rows) {
      recordAudit(tx, { action: 'user.erased', targetType: 'member', targetId: memberId });
      enqueue(tx, 'erase-trail', { teamId, memberId, until });
    }
    if (locked?.role === 'owner') await fireRule(tx, locked.memberId);
    return rows.map(({ member: memberId, until }) => ({ teamId, memberId, until }));
  });
}

async function eraseUser(tx: UserTx, { id, email, isProven }: User): Promise<Date> {
  const { db } = tx;
  // Locks the user first, like every change to a user's data.
  const gone = { passwordHash: null, emailProvenAt: null, totpSealed: null, totpSince: null, totpStep: null };
  await db
    .update(users)
    .set({ name: ERASED_NAME, email: erasedEmail(id), ...gone, erasedAt: tx.now })
    .where(eq(users.id, id));
  await db.delete(sessions).where(eq(sessions.userId, id));
  await db.delete(recoveryCodes).where(eq(recoveryCodes.userId, id));
  // Emails to an unverified address belong to the real owner of that address.
  const to = (address: PgColumn) => (isProven ? eq(address, email) : undefined);
  await db.delete(mailedLinks).where(or(eq(mailedLinks.userId, id), to(mailedLinks.email)));
  const belongsToUser = or(eq(mails.userId, id), to(mails.address));
  const inMails = inArray(mailbox.id, db.select({ id: mails.id }).from(mails).where(belongsToUser));
  await db.delete(mailbox).where(or(inMails, to(mailbox.address)));
  await db
    .update(mails)
    .set({
      address: erasedEmail(id),
      facts: {},
      // An email that is still queued is not sent any more.
      state: sql`CASE WHEN ${mails.state} = 'queued' THEN 'failed' ELSE ${mails.state} END`,
      error: null,
    })
    .where(belongsToUser);
  return tx.now;
}

/** The rest of an erasure for one member: data created before an instant. */
export type Trail = { memberId: string; until: string };

const ROWS_AT_ONCE = 5_000;

/**
 * Erases the texts of a member's messages and the erased user's name on its transfers, in one transaction per batch.
 * @returns whether messages are still under way, which a later run must erase
 */
export async function eraseTrail(ctx: Context, { memberId, until }: Trail): Promise<{ waiting: boolean }> {
  const { teamId } = ctx.actor;
  const piece = (after: string | null) =>
    sql`${teamId}::uuid, ${memberId}::uuid, ${until}::timestamptz, ${after}::uuid, ${ROWS_AT_ONCE}::int`;
  let waiting = false;
  for (let after: string | null = null; ;) {
    const { rows }: { rows: { reached: string | null; waiting: boolean }[] } = await ctx.db.execute(
      sql`SELECT reached, waiting FROM person_erase_texts(${piece(after)})`,
    );
    waiting ||= rows[0]!.waiting;
    after = rows[0]!.reached;
    if (after === null) break;
  }
  for (let after: string | null = null; ;) {
    const { rows }: { rows: { reached: string | null }[] } = await ctx.db.execute(
      sql`SELECT person_erase_transfers(${piece(after)}) AS reached`,
    );
    after = rows[0]!.reached;
    if (after === null) return { waiting };
  }
}
