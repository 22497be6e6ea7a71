import { hash, verify } from '@node-rs/argon2';
import { fail } from './errors';

/** argon2id with the first recommended option of RFC 9106 for servers that share their memory (64 MiB, t=3, p=4). */
const COST = { memoryCost: 65_536, timeCost: 3, parallelism: 4 };

/** Hashes that a process computes at once: each takes tens of milliseconds of several cores and 64 MiB by design. */
export const HASHES_AT_ONCE = 2;

/** Passwords of one caller (a team, a user, a network) that may wait. */
export const HASHES_WAITING = 20;

/** Passwords of all callers that may wait. */
const WAITING_MAX = 1_000;

/** Rate-limit tokens that a request with a password costs beyond 1. */
export const HASH_COST = 9;

/** The caller at the command line, where nothing else waits. */
const OPERATOR = 'operator';

type Turns = {
  /** Callers in round-robin order, each with its waiting passwords. */
  waiting: Map<string, (() => void)[]>;
  running: number;
  waitingNow: number;
};

const TURNS = Symbol.for('purser.password-turns');

// One per process: the server and the web framework each load this module.
const shared = globalThis as { [TURNS]?: Turns };
const turns = (shared[TURNS] ??= { waiting: new Map(), running: 0, waitingNow: 0 });

/**
 * Hashes a password for storage. Never called inside a transaction, whose connection would be held while the password waits.
 * @param caller the team, user or network that shares the queue in turn with others
 * @throws DomainError `rate_limited`, `unavailable`
 */
export const hashPassword = (password: string, caller: string = OPERATOR): Promise<string> =>
  inTurn(caller, () => hash(password, COST));

/**
 * Returns whether a password matches a hash. Like `hashPassword`, never called inside a transaction.
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
    fail('rate_limited', { retryAfterSeconds: 1, detail: 'Too many passwords at once. Try again in 1 s.' });
  }
  if (turns.waitingNow >= WAITING_MAX) fail('unavailable', { retryAfterSeconds: 2 });
  turns.waiting.set(caller, queue);
  turns.waitingNow += 1;
  return new Promise((resolve) => queue.push(resolve));
}

/** Starts the next password, round-robin over the callers, so that one caller cannot block the others. */
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
