import { and, eq, sql } from 'drizzle-orm';
import type { Pool } from 'pg';
import { apiKeys, keyLookup, members } from '@/db/schema/members';
import { teams } from '@/db/schema/teams';
import type { Role } from '../actor';
import type { Services } from '../ctx';
import { asTeamId, type TeamId } from '../ids';
import { isWellFormedKey } from './rules';

/** Who holds a key, as of this moment. */
export type KeyHolder = {
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
 * The holder of a live key, or null: mistyped (told by its checksum, without the database), unknown, revoked, run out,
 * or its member deleted.
 */
export async function findKeyHolder(services: Services, key: string): Promise<KeyHolder | null> {
  if (!isWellFormedKey(key)) return null;
  const digest = services.vault.digest(key);
  const teamId = await teamOf(services, digest);
  if (!teamId) return null;
  const [row] = await services.database.db
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
    .innerJoin(members, and(eq(members.teamId, teamId), eq(members.id, apiKeys.memberId)))
    .innerJoin(teams, eq(teams.id, teamId))
    .where(
      and(
        eq(apiKeys.teamId, teamId),
        eq(apiKeys.digest, digest),
        sql`${apiKeys.revokedAt} IS NULL AND (${apiKeys.expiresAt} IS NULL OR ${apiKeys.expiresAt} > now()) AND ${teams.status} <> 'closed'`,
      ),
    );
  if (!row || row.status === 'deleted') return null;
  return { ...row, status: row.status, teamId: asTeamId(teamId) };
}

/** A key's team never changes, so a process may remember it; what the key may do is read anew each time. */
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
