import { drizzleOn, type Db } from '@/db/client';
import { type Queue, type Services } from './context';
import type { AuditAction } from './audit-vocabulary';
import { BEGIN, commit, jsonLiteral, readClock, onConnection } from './transaction';

/** Who is signed in, in one browser. */
export type SignedInUser = { sessionId: string; userId: string; name: string; email: string };

/** From where a browser asks. */
export type Origin = { address: string | null; agent: string | null };

/** What a verb for anyone is given; `person` is who happens to be signed in. */
export type VisitorContext = Services & { user: SignedInUser | null; origin: Origin; requestId: string };

/** What a verb of a person's own things is given: who he is, and from where he asks. */
export type UserContext = VisitorContext & { user: SignedInUser };

/** A change of a person's own things, which belong to no team. `now` is the transaction's one clock. */
export type UserTx = Services & Queue & { db: Db; now: Date; notes: Note[] };

/** What the audit log of each of a person's teams says of what he changed of himself. No secret stands in it. */
type Note = {
  userId: string;
  /** The one team that it is about; left out: all of his. */
  teamId?: string;
  action: Extract<AuditAction, `user.${string}`>;
  address: string | null;
  requestId: string | null;
  before?: object | null;
  after?: object | null;
};

/** Runs a change of a person's own things in one transaction: with it go its notes and what must follow. */
export async function inUserTransaction<T>(services: Services, work: (tx: UserTx) => Promise<T>): Promise<T> {
  return onConnection(services.database.pool, async (client) => {
    const now = readClock(await client.query(`${BEGIN}; SELECT now()::text AS now`));
    const tx: UserTx = { ...services, db: drizzleOn(client), now, notes: [], tx: { jobs: [] } };
    const result = await work(tx);
    const { notes } = tx;
    const { jobs } = tx.tx;
    await commit(
      client,
      notes.length || jobs.length ? `user_finish(${jsonLiteral(notes)}, ${jsonLiteral(jobs)})` : null,
    );
    return result;
  });
}

/** Remembers a change of a person's own things in the audit log of each team in which he has a seat. */
export function recordUserAudit(tx: UserTx, entry: Note): void {
  tx.notes.push(entry);
}
