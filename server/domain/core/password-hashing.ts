import { hash, verify } from '@node-rs/argon2';
import { fail } from './errors';

/** argon2id with the first recommended option of RFC 9106 for servers that share their memory (64 MiB, t=3, p=4). */
const COST = { memoryCost: 65_536, timeCost: 3, parallelism: 4 };

/** Hashing takes tens of milliseconds of several cores and 64 MiB on purpose: a process does no more than this at once. */
export const HASHES_AT_ONCE = 2;

/** How many passwords of one caller (a team, a user, a network) may wait for their turn. */
export const HASHES_WAITING = 20;

/** How many may wait in all. */
const WAITING_MAX = 1_000;

/** The part of the rate limit that a request with a password costs beyond 1. */
export const HASH_COST = 9;

/** Whoever runs the installation: at the command line nobody else waits. */
const OPERATOR = 'operator';

type Turns = {
  /** Callers in the order of their turns, each with what waits. */
  waiting: Map<string, (() => void)[]>;
  running: number;
  waitingNow: number;
};

const TURNS = Symbol.for('purser.password-turns');

// One set a process: this module is loaded twice in it, by the server and by the web framework.
const shared = globalThis as { [TURNS]?: Turns };
const turns = (shared[TURNS] ??= { waiting: new Map(), running: 0, waitingNow: 0 });

/**
 * Hashes a password, for storage. Never inside a transaction: its connection would be held while the password waits.
 * @param caller who is served in turn with the others: a team, a user, a network
 * @throws DomainError `rate_limited`, `unavailable`
 */
export const hashPassword = (password: string, caller: string = OPERATOR): Promise<string> =>
  inTurn(caller, () => hash(password, COST));

/**
 * Returns whether a password is the one of a hash. As `hashPassword`, never inside a transaction.
 * @throws DomainError `rate_limited`, `unavailable`
 */
export const verifyPassword = (passwordHash: string, password: string, caller: string = OPERATOR): Promise<boolean> =>
  inTurn(caller, () => verify(passwordHash, password));

async function inTurn<T>(caller: string, work: () => Promise<T>): Promise<T> {
  await takeTurn(caller);
  try {
    return await work();
  } finally {
    turns.running -= 1;
    serveNext();
  }
}

function takeTurn(caller: string): Promise<void> | void {
  if (turns.running < HASHES_AT_ONCE) {
    turns.running += 1;
    return;
  }
  const queue = turns.waiting.get(caller) ?? [];
  if (queue.length >= HASHES_WAITING) {
    fail('rate_limited', { retryAfterSeconds: 1, detail: 'Too many passwords at once. Ask again in 1 s.' });
  }
  if (turns.waitingNow >= WAITING_MAX) fail('unavailable', { retryAfterSeconds: 2 });
  turns.waiting.set(caller, queue);
  turns.waitingNow += 1;
  return new Promise((resolve) => queue.push(resolve));
}

/** Serves the callers in turn, so that a caller with many passwords keeps the others from nothing. */
function serveNext(): void {
  const [first] = turns.waiting;
  if (!first || turns.running >= HASHES_AT_ONCE) return;
  const [caller, queue] = first;
  turns.waiting.delete(caller);
  const begin = queue.shift();
  if (queue.length > 0) turns.waiting.set(caller, queue);
  turns.running += 1;
  turns.waitingNow -= 1;
  begin?.();
}
