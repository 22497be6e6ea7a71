import { and, desc, eq, isNull, sql } from 'drizzle-orm';
import { apiKeys, keyLookup } from '@/db/schema/members';
import { type Context, type Services, type TxContext } from '@/server/domain/core/context';
import { newUuid7 } from '@/server/domain/core/ids';
import { getKey, type KeyMember } from './read';
import { keyLast4, keyPrefix, makeKey } from './rules';
import type { Key } from './schema';
import { recordAudit, runCommand } from '@/server/domain/core/transaction';

/** Makes a seat's new current key and answers it: the only time but a reveal that it is seen. */
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

/** Ends a seat's live keys: at once, or after an overlap in seconds (never later than they would have ended anyway). */
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
 * Ends one key at once: the overlap of a rotation early, or a current key that got into wrong hands. A member may end
 * its own. Repeated: the same answer.
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
    // None: another call ended it a moment ago, and that one is in the log.
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

/** A seat's current key in the clear, or null when it has none. The caller judges who may see it and writes the audit row. */
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
 * Remembers when and from where a key was last used, without a write a request: once an hour, or once a minute while
 * the address changes.
 */
export async function rememberUse(
  services: Services,
  holder: KeyMember,
  address: string | null,
  now = new Date(),
): Promise<void> {
  const age = holder.lastUsedAt ? now.getTime() - holder.lastUsedAt.getTime() : Infinity;
  if (age < (holder.lastUsedAddress === address ? USE_AGAIN_MS : USE_ELSEWHERE_MS)) return;
  await services.database.db
    .update(apiKeys)
    .set({ lastUsedAt: now, lastUsedAddress: address })
    .where(and(eq(apiKeys.teamId, holder.teamId), eq(apiKeys.id, holder.keyId)));
}
