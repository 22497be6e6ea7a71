import type { TxContext } from '@/server/domain/core/context';
import type { Member } from '@/server/domain/teams/members/schema';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** The team's live members, by their tags. */
export type Memberships = Map<string, Member>;

/** An event of a day, at its planned time or as soon as the previous one is over. */
export type Moment = { at: number; happens: (clock: Clock, members: Memberships) => Promise<unknown> };

/** The simulated time within one transaction. It never goes back, so neither does any account's chain of entries. */
export class Clock {
  #tx: TxContext;

  constructor(tx: TxContext, begin: number) {
    this.#tx = { ...tx, at: new Date(begin), now: new Date(begin) };
  }

  /** Returns the transaction at this time: a command run with it writes this time. */
  get tx(): TxContext {
    return this.#tx;
  }

  /** Advances to a time, unless it has passed. */
  reach(time: number): void {
    if (time > this.#tx.now.getTime()) this.#tx = { ...this.#tx, at: new Date(time), now: new Date(time) };
  }

  pass(ms: number): TxContext {
    this.reach(this.#tx.now.getTime() + ms);
    return this.#tx;
  }
}
