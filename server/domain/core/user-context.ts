import { drizzleOn, type Db } from '@/db/client';
import { type Queue, type Services } from './context';
import type { AuditAction } from './audit-vocabulary';
import { BEGIN, commit, jsonLiteral, readClock, onConnection } from './transaction';

/** The signed-in user of one browser. */
export type SignedInUser = { sessionId: string; userId: string; name: string; email: string };

/** The origin of a browser's request. */
export type Origin = { address: string | null; agent: string | null };

/** The context of operations that need no sign-in; `user` is the signed-in user, if any. */
export type VisitorContext = Services & { user: SignedInUser | null; origin: Origin; requestId: string };

/** The context of operations on a user's own data. */
export type UserContext = VisitorContext & { user: SignedInUser };

/** A transaction on a user's own data, which belongs to no team. `now` is the time of the transaction. */
export type UserTx = Services & Queue & { db: Db; now: Date; audit: UserAuditEntry[] };

/** An entry in the audit log of each of the user's teams. It holds no secret. */
type UserAuditEntry = {
  userId: string;
  /** The team concerned; omitted for all teams of the user. */
  teamId?: string;
  action: Extract<AuditAction, `user.${string}`>;
  address: string | null;
  requestId: string | null;
  before?: object | null;
  after?: object | null;
};

/** Runs a change of a user's own data in one transaction, which also writes its audit entries and jobs. */
export async function inUserTransaction<T>(services: Services, work: (tx: UserTx) => Promise<T>): Promise<T> {
  return onConnection(services.database.pool, async (client) => {
    const now = readClock(await client.query(`${BEGIN}; SELECT now()::text AS now`));
    const tx: UserTx = { ...services, db: drizzleOn(client), now, audit: [], tx: { jobs: [] } };
    const result = await work(tx);
    const { audit } = tx;
    const { jobs } = tx.tx;
    await commit(
      client,
      audit.length || jobs.length ? `user_finish(${jsonLiteral(audit)}, ${jsonLiteral(jobs)})` : null,
    );
    return result;
  });
}

/** Records a change of a user's own data in the audit log of each of the user's teams. */
export function recordUserAudit(tx: UserTx, entry: UserAuditEntry): void {
  tx.audit.push(entry);
}
