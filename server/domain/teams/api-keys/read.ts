import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Pool } from 'pg';
import { builtOnce, UNNAMED } from '@/db/client';
import { apiKeys, keyLookup, members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import type { Role } from '@/server/domain/core/actor';
import type { Page } from '@/server/domain/core/codecs';
import type { Context, Services } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { asTeamId, type TeamId } from '@/server/domain/core/ids';
import { mayFor } from '@/server/domain/core/policy';
import { isWellFormedKey } from './rules';
import type { Key } from './schema';
import { pageOf, readCursor, type CursorBinding } from '@/server/domain/core/cursors';

/** The member and team that a live key belongs to, read at this moment. */
export type KeyMember = {
  teamId: TeamId;
  teamName: string;
  currency: string;
  memberId: string;
  name: string;
  role: Role;
  status: 'active' | 'inactive';
  keyId: string;
  prefix: string;
  last4: string;
  lastUsedAt: Date | null;
  lastUsedAddress: string | null;
};

const LOOKUPS_KEPT = 10_000;
const lookups = new WeakMap<Pool, Map<string, string>>();

/**
 * Finds the member of a live key. Returns null when the key is mistyped (found by its checksum, without the database),
 * unknown, revoked or expired, or when its member is deleted.
 */
export async function findMemberByKey(services: Services, key: string): Promise<KeyMember | null> {
  if (!isWellFormedKey(key)) return null;
  const digest = services.vault.digest(key);
  const teamId = await teamOf(services, digest);
  if (!teamId) return null;
  const [row] = await memberByKey(services.database.db).execute({ teamId, digest });
  if (!row || row.status === 'deleted') return null;
  return { ...row, status: row.status, teamId: asTeamId(teamId) };
}

const memberByKey = builtOnce((db) =>
  db
    .select({
      teamName: teams.name,
      currency: teams.currency,
      memberId: members.id,
      name: members.name,
      role: members.role,
      status: members.status,
      keyId: apiKeys.id,
      prefix: apiKeys.prefix,
      last4: apiKeys.last4,
      lastUsedAt: apiKeys.lastUsedAt,
      lastUsedAddress: apiKeys.lastUsedAddress,
    })
    .from(apiKeys)
    .innerJoin(members, and(eq(members.teamId, sql.placeholder('teamId')), eq(members.id, apiKeys.memberId)))
    .innerJoin(teams, eq(teams.id, sql.placeholder('teamId')))
    .where(
      and(
        eq(apiKeys.teamId, sql.placeholder('teamId')),
        eq(apiKeys.digest, sql.placeholder('digest')),
        sql`${apiKeys.revokedAt} IS NULL AND (${apiKeys.expiresAt} IS NULL OR ${apiKeys.expiresAt} > now()) AND ${teams.status} <> 'closed'`,
      ),
    )
    .prepare(UNNAMED),
);

/**
 * Returns the team of a key. A key never changes its team, so a process may cache this; its rights are read on every
 * request.
 */
async function teamOf({ database }: Services, digest: Buffer): Promise<string | null> {
  let known = lookups.get(database.pool);
  if (!known) lookups.set(database.pool, (known = new Map()));
  const hex = digest.toString('hex');
  const remembered = known.get(hex);
  if (remembered) return remembered;
  const [row] = await database.db
    .select({ teamId: keyLookup.teamId })
    .from(keyLookup)
    .where(eq(keyLookup.digest, digest));
  if (!row) return null;
  if (known.size >= LOOKUPS_KEPT) known.delete(known.keys().next().value!);
  known.set(hex, row.teamId);
  return row.teamId;
}

const columns = {
  id: apiKeys.id,
  memberId: apiKeys.memberId,
  prefix: apiKeys.prefix,
  last4: apiKeys.last4,
  createdAt: apiKeys.createdAt,
  lastUsedAt: apiKeys.lastUsedAt,
  expiresAt: apiKeys.expiresAt,
  revokedAt: apiKeys.revokedAt,
  over: sql<boolean>`coalesce(${apiKeys.expiresAt} <= now(), false)`,
};

const selectKeys = (ctx: Context) => ctx.db.select(columns).from(apiKeys);

type Row = Awaited<ReturnType<typeof selectKeys>>[number];

function showKey({ revokedAt, over, ...row }: Row): Key {
  const endedAt = revokedAt ?? (over ? row.expiresAt : null);
  return { ...row, endedAt, status: endedAt ? 'ended' : row.expiresAt ? 'expiring' : 'current' };
}

/**
 * Returns a page of a member's keys, newest first: the current one, those in a rotation overlap, and ended ones.
 * @throws DomainError `not_found`, `invalid_cursor`
 */
export async function listKeys(
  ctx: Context,
  { memberId, limit, cursor }: { memberId: string; limit: number; cursor?: string },
): Promise<Page<Key>> {
  mayFor(ctx.actor, 'keys.see', memberId);
  const { teamId } = ctx.actor;
  const binding: CursorBinding = [teamId, 'keys', memberId];
  const after = readCursor(binding, cursor);
  const [member] = await ctx.db
    .select({ id: members.id })
    .from(members)
    .where(and(eq(members.teamId, teamId), eq(members.id, memberId)));
  if (!member) fail('not_found');
  const rows = await selectKeys(ctx)
    .where(and(eq(apiKeys.teamId, teamId), eq(apiKeys.memberId, memberId), after ? lt(apiKeys.id, after) : undefined))
    .orderBy(desc(apiKeys.id))
    .limit(limit + 1);
  const page = pageOf(rows, limit, binding);
  return { ...page, data: page.data.map(showKey) };
}

/**
 * Returns one key of a member that the actor may see.
 * @throws DomainError `not_found`
 */
export async function getKey(ctx: Context, keyId: string): Promise<Key> {
  const [row] = await selectKeys(ctx).where(and(eq(apiKeys.teamId, ctx.actor.teamId), eq(apiKeys.id, keyId)));
  if (!row) fail('not_found');
  mayFor(ctx.actor, 'keys.see', row.memberId);
  return showKey(row);
}
