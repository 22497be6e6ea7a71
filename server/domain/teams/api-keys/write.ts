import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { apiKeys, keyLookup } from '@/db/schema/members';
import { type Context, type Services, type TxContext } from '@/server/domain/core/context';
import { newUuid7 } from '@/server/domain/core/ids';
import { getKey, type KeyMember } from './read';
import { keyLast4, keyPrefix, makeKey } from './rules';
import type { Key } from './schema';
import { recordAudit, runCommand } from '@/server/domain/core/transaction';

/** Creates a member's new current key and returns it in plain text. Later only a reveal can show it. */
export async function issueKey(tx: TxContext, memberId: string): Promise<string> {
  const key = makeKey();
  const digest = tx.vault.digest(key);
  const { teamId } = tx.actor;
  await tx.db.insert(apiKeys).values({
    teamId,
    id: newUuid7(tx.now),
    memberId,
    digest,
    prefix: keyPrefix(key),
    last4: keyLast4(key),
    sealed: tx.vault.seal(key),
    createdAt: tx.now,
  });
  await tx.db.insert(keyLookup).values({ digest, teamId });
  return key;
}

/** Ends a member's live keys: at once, or after an overlap in seconds. An earlier expiry stays. */
export async function retireKeys(tx: TxContext, memberId: string, overlapSeconds = 0): Promise<void> {
  const end = new Date(tx.now.getTime() + overlapSeconds * 1000);
  await tx.db
    .update(apiKeys)
    .set(
      overlapSeconds === 0
        ? { revokedAt: tx.now }
        : { expiresAt: sql`least(coalesce(${apiKeys.expiresAt}, 'infinity'), ${end.toISOString()}::timestamptz)` },
    )
    .where(and(eq(apiKeys.teamId, tx.actor.teamId), eq(apiKeys.memberId, memberId), isNull(apiKeys.revokedAt)));
}

/**
 * Ends one key at once: a rotated key before its overlap is over, or a current key that was leaked. A member may end
 * its own. Repeating it changes nothing.
 * @throws DomainError `not_found`
 */
export async function endKey(ctx: Context, keyId: string): Promise<Key> {
  return runCommand(ctx, 'keys.rotate', async (tx) => {
    const key = await getKey(tx, keyId);
    if (key.status === 'ended') return key;
    const ended = await tx.db
      .update(apiKeys)
      .set({ revokedAt: tx.now })
      .where(and(eq(apiKeys.teamId, tx.actor.teamId), eq(apiKeys.id, keyId), isNull(apiKeys.revokedAt)))
      .returning({ id: apiKeys.id });
    // No row means that a concurrent call ended the key and has logged it.
    if (ended.length > 0) {
      recordAudit(tx, {
        action: 'key.ended',
        targetType: 'member',
        targetId: key.memberId,
        before: { keyId, status: key.status },
      });
    }
    return getKey(tx, keyId);
  });
}

/** Returns a member's current key in plain text, or null. The caller checks the permission and writes the audit row. */
export async function openCurrentKey(ctx: Context, memberId: string): Promise<string | null> {
  const [row] = await ctx.db
    .select({ sealed: apiKeys.sealed })
    .from(apiKeys)
    .where(
      and(
        eq(apiKeys.teamId, ctx.actor.teamId),
        eq(apiKeys.memberId, memberId),
        isNull(apiKeys.revokedAt),
        isNull(apiKeys.expiresAt),
      ),
    )
    .orderBy(desc(apiKeys.id))
    .limit(1);
  return row ? ctx.vault.open(row.sealed) : null;
}

const USE_AGAIN_MS = 3_600_000;
const USE_ELSEWHERE_MS = 60_000;

/**
 * Records when and from where a key was last used. Writes at most once an hour, or once a minute while the address
 * changes.
 */
export async function rememberUse(
  services: Services,
  keyMember: KeyMember,
  address: string | null,
  now = new Date(),
): Promise<void> {
  const age = keyMember.lastUsedAt ? now.getTime() - keyMember.lastUsedAt.getTime() : Infinity;
  if (age < (keyMember.lastUsedAddress === address ? USE_AGAIN_MS : USE_ELSEWHERE_MS)) return;
  await services.database.db
    .update(apiKeys)
    .set({ lastUsedAt: now, lastUsedAddress: address })
    .where(and(eq(apiKeys.teamId, keyMember.teamId), eq(apiKeys.id, keyMember.keyId)));
}
