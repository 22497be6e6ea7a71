import { createHash } from 'node:crypto';
import { transact, type Ctx, type PastRequest, type Tx } from './ctx';
import { fail, Refusal } from './errors';

/** A request that is to take effect once: its Idempotency-Key, and the hash of all that makes it the same request. */
export type Once = { key: string; hash: string };

/** What a request came to. `wire` is its answer as it is printed. */
export type Outcome = { status: number; wire: unknown };

/** An answer, byte for byte as it was given first. */
export type Answered = { status: number; text: string; replayed: boolean };

/**
 * Checks an Idempotency-Key; null where there is none.
 * @throws DomainError `invalid_request`
 */
export function readIdempotencyKey(key: string | null): string | null {
  if (key === null || /^[\x20-\x7e]{1,255}$/.test(key)) return key;
  const detail = '1 to 255 printable ASCII characters.';
  const errors = [{ pointer: 'Idempotency-Key', code: 'invalid_request', detail }];
  return fail('invalid_request', { detail: `Idempotency-Key: ${detail}`, errors });
}

/** The hash of what makes two requests the same. The first part names the door's way to the verb. */
export const hashRequest = (parts: unknown[]): string => sha256(JSON.stringify(parts));

export const sha256 = (data: string | Buffer): string => createHash('sha256').update(data).digest('hex');

/**
 * Runs a request; with a key once for it. The key's row commits with the change and its answer, or not at all; only a
 * success is stored, no dry run and no refusal.
 * @throws DomainError `idempotency_in_flight`, `idempotency_mismatch`, `idempotency_expired`
 */
export async function once(
  ctx: Ctx,
  request: Once | null,
  run: (ctx: Ctx) => Promise<Outcome | Refusal>,
): Promise<Answered | Refusal> {
  if (request === null) {
    const outcome = await run(ctx);
    return outcome instanceof Refusal ? outcome : printed(outcome);
  }
  const { key, hash } = request;
  return transact(ctx, key, async (tx) => {
    const { past } = tx.tx;
    if (past?.busy) fail('idempotency_in_flight', { retryAfterSeconds: 1 });
    if (past?.found) return replay(tx, past.found, hash);
    const outcome = await run(tx);
    if (outcome instanceof Refusal) return outcome;
    const answer = printed(outcome);
    if (tx.actor.type === 'seat') {
      const { status, text } = answer;
      const { memberId } = tx.actor;
      tx.tx.answer = { memberId, key, hash, status, answer: tx.vault.seal(text), made: madeBy(outcome.wire) };
    }
    return answer;
  });
}

const printed = ({ status, wire }: Outcome): Answered => ({ status, text: JSON.stringify(wire), replayed: false });

type Found = NonNullable<Extract<PastRequest, { busy: false }>['found']>;

function replay(tx: Tx, found: Found, hash: string): Answered {
  if (found.hash !== hash) fail('idempotency_mismatch');
  if (found.answer === null) fail('idempotency_expired', found.made === null ? {} : { made: found.made });
  return { status: found.status, text: tx.vault.open(found.answer), replayed: true };
}

/** The id of what a request made, for the time after its stored answer is dropped. */
function madeBy(wire: unknown): string | null {
  const { id, transfer, member } = wire as { id?: string; transfer?: { id?: string }; member?: { id?: string } };
  return transfer?.id ?? id ?? member?.id ?? null;
}
