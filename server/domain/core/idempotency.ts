import { createHash } from 'node:crypto';
import { z, type ZodType } from 'zod';
import { and, eq } from 'drizzle-orm';
import { idempotencyKeys } from '@/db/schema/records';
import { type Context, type PastRequest, type TxContext } from './context';
import { fail, failField, Refusal } from './errors';
import { inTransaction } from './transaction';

/** A request with an Idempotency-Key, and the hash of everything that makes two requests the same. */
export type Once = { key: string; hash: string };

/** The status of a request and the result of its operation, not yet printed. */
export type Outcome = { status: number; result: unknown };

/**
 * The printing of an operation's result. `keep` says how it is stored for an Idempotency-Key if not as printed: `recall`
 * rebuilds the result, or returns null when the data it needs is gone.
 */
export type Printing = { output: ZodType; keep?: Keep | null };
export type Keep<T = unknown> = {
  pack: (result: T) => object;
  recall: (ctx: Context, packed: unknown) => Promise<T | null>;
};

/** A printed response; a replayed one is byte for byte the first one. */
export type Answered = { status: number; text: string; replayed: boolean };

/**
 * Validates an Idempotency-Key, or returns null if there is none.
 * @throws DomainError `invalid_request`
 */
export function readIdempotencyKey(key: string | null): string | null {
  if (key === null || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const detail = 'Use 1 to 255 printable ASCII characters.';
  return failField('Idempotency-Key', detail, `Idempotency-Key: ${detail}`);
}

/** Returns the hash that identifies a request. The first part names the channel's route to the operation. */
export const hashRequest = (parts: unknown[]): string => sha256(JSON.stringify(parts));

/** Returns the SHA-256 of data in hex. */
export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/**
 * Runs a request, at most once per Idempotency-Key. The key's row commits with the change and its response or not at all.
 * Only a success is stored, no dry run and no refusal.
 * @throws DomainError `idempotency_in_flight`, `idempotency_mismatch`, `idempotency_expired`
 */
export async function withIdempotency(
  ctx: Context,
  request: Once | null,
  printing: Printing,
  run: (ctx: Context) => Promise<Outcome | Refusal>,
): Promise<Answered | Refusal> {
  if (request === null) {
    const outcome = await run(ctx);
    return outcome instanceof Refusal ? outcome : printed(outcome, printing);
  }
  const { key, hash } = request;
  return inTransaction(ctx, key, async (tx) => {
    const { past } = tx.tx;
    if (past?.busy) fail('idempotency_in_flight', { retryAfterSeconds: 1 });
    if (past?.found) return replay(tx, past.found, hash, printing);
    const outcome = await run(tx);
    if (outcome instanceof Refusal) return outcome;
    const answer = printed(outcome, printing);
    if (tx.actor.type === 'member') {
      const { status, text } = answer;
      const { memberId } = tx.actor;
      const kept = printing.keep ? JSON.stringify(printing.keep.pack(outcome.result)) : text;
      tx.tx.answer = {
        memberId,
        key,
        hash,
        status,
        answer: tx.vault.seal(kept),
        createdId: createdIdOf(JSON.parse(text)),
      };
    }
    return answer;
  });
}

/**
 * Returns whether a request was carried out under its key before, so that nothing has to be prepared for it. Only a hint:
 * `withIdempotency` checks again inside the transaction.
 */
export async function isKnownRequest({ actor, db }: Context, { key }: Once): Promise<boolean> {
  if (actor.type !== 'member') return false;
  const { teamId, memberId } = idempotencyKeys;
  const [known] = await db
    .select({ key: idempotencyKeys.key })
    .from(idempotencyKeys)
    .where(and(eq(teamId, actor.teamId), eq(memberId, actor.memberId), eq(idempotencyKeys.key, key)));
  return known !== undefined;
}

function printed({ status, result }: Outcome, { output }: Printing): Answered {
  return { status, text: JSON.stringify(z.encode(output, result)), replayed: false };
}

type Found = NonNullable<Extract<PastRequest, { busy: false }>['found']>;

async function replay(tx: TxContext, found: Found, hash: string, { output, keep }: Printing): Promise<Answered> {
  if (found.hash !== hash) fail('idempotency_mismatch');
  const gone = () => fail('idempotency_expired', found.createdId === null ? {} : { createdId: found.createdId });
  const kept = found.answer === null ? gone() : tx.vault.open(found.answer);
  if (!keep) return { status: found.status, text: kept, replayed: true };
  const result = (await keep.recall(tx, JSON.parse(kept))) ?? gone();
  return { ...printed({ status: found.status, result }, { output }), replayed: true };
}

/** Returns the id of the object that a request created (of a batch, its first), kept after the stored response is dropped. */
function createdIdOf(wire: Partial<Record<'transfer' | 'member', Made>> & Made & { data?: Made[] }): string | null {
  const { id, transfer, member, data } = wire;
  return transfer?.id ?? id ?? member?.id ?? data?.[0]?.id ?? null;
}

type Made = { id?: string };
