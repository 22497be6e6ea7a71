import { sql } from 'drizzle-orm';
import { byTeam } from '@/server/domain/core/by-team';
import type { Attempt } from '@/db/schema/messages';
import { systemContext, type Context, type Services, type TxContext } from '@/server/domain/core/context';
import { mayOperate } from '@/server/domain/core/policy';
import { inTransaction } from '@/server/domain/core/transaction';
import type { OutgoingMessage } from '../messages/rules';
import { reportMessages, storeReports, type Report } from '../messages/write';
import { carrierReference, partReference, readCarrierReference } from './rules';

/** The lease of a dispatcher, in seconds, after which another one takes over the message. */
const LEASE_SECONDS = 60;

/** A claimed message: as it is submitted, with its country and the attempts so far. */
export type ClaimedMessage = OutgoingMessage & { country: string; attempts: Attempt[] | null };

/**
 * Claims a batch of the messages that a team has queued for a carrier, for one dispatcher, oldest first. After the lease,
 * the message of a crashed dispatcher is claimed again: delivery to the carrier is at least once.
 */
export async function claimQueued(ctx: Context, carrier: string, limit: number): Promise<ClaimedMessage[]> {
  mayOperate(ctx.actor);
  const { teamId } = ctx.actor;
  const { rows } = await ctx.db.execute<ClaimedMessage>(sql`
    UPDATE messages SET claimed_until = now() + make_interval(secs => ${LEASE_SECONDS})
    WHERE team_id = ${teamId}::uuid AND id IN (
      SELECT id FROM messages WHERE status = 'queued' AND carrier = ${carrier} AND team_id = ${teamId}::uuid
        AND (claimed_until IS NULL OR claimed_until < now())
      ORDER BY id LIMIT ${limit} FOR UPDATE SKIP LOCKED)
    RETURNING id, recipient AS "to", sender AS "from", body, encoding, segments, country, attempts`);
  return rows.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The result of one attempt: a message that the carrier has, or one that must be tried again later or elsewhere. */
export type Handed =
  | { id: string; carrier: string; refs: string[]; parts: number }
  | { id: string; carrier: string; waitMs: number; attempt: Attempt };

/**
 * Stores the results of handing messages to a carrier. An accepted message is `sent`. Any other stays queued for the
 * carrier that is named, until its wait is over.
 * @param byRef true if the carrier's reports name its own ids, which are then remembered. Parts that are reported by their
 * number are remembered in any case.
 * @returns the ids of messages that changed
 */
export async function recordHandOver(ctx: Context, handed: Handed[], byRef: boolean): Promise<string[]> {
  mayOperate(ctx.actor);
  const accepted = handed.filter((one) => 'refs' in one);
  const retries = handed.filter((one) => 'attempt' in one);
  return inTransaction(ctx, null, async (tx) => {
    const sent = await storeReports(
      tx,
      accepted.map(({ id, carrier, refs: [ref] }) => ({
        id,
        status: 'sent',
        carrier,
        ...(ref !== undefined && { ref }),
      })),
    );
    const early = await rememberRefs(tx, accepted, byRef);
    const final = await storeReports(tx, early);
    return [...new Set([...sent, ...final, ...(await retryLater(tx, retries))])];
  });
}

async function retryLater(tx: TxContext, retries: Extract<Handed, { attempt: Attempt }>[]): Promise<string[]> {
  if (retries.length === 0) return [];
  const { rows } = await tx.db.execute<{ changed: string[] | null }>(
    sql`SELECT messages_retry(${tx.actor.teamId}::uuid, ${JSON.stringify(retries)}::jsonb) AS changed`,
  );
  return rows[0]!.changed ?? [];
}

/** Remembers the carrier's ids. Returns the reports on messages that are final, because their reports came first. */
async function rememberRefs(
  tx: TxContext,
  accepted: Extract<Handed, { refs: string[] }>[],
  byRef: boolean,
): Promise<Report[]> {
  const refs = accepted.flatMap(({ id, refs: own, parts }) => {
    const reference = carrierReference(tx.actor.teamId, id);
    const numbered = Array.from({ length: parts }, (_, i) => partReference(reference, i + 1));
    return (parts > 1 ? numbered : byRef ? own : []).map((ref) => ({ id, ref }));
  });
  const [first] = accepted;
  if (!first || refs.length === 0) return [];
  const { rows } = await tx.db.execute<{ final: Report[] }>(
    sql`SELECT carrier_refs_record(${first.carrier}, ${tx.actor.teamId}::uuid, ${JSON.stringify(refs)}::jsonb) AS final`,
  );
  return rows[0]!.final;
}

/** A final report that names a message, or a part of one, by the carrier's own id. */
export type RefReport = { ref: string; status: 'delivered' | 'failed'; code: string | null; detail: string | null };

/**
 * Takes reports that name the carrier's own ids, over all teams. An unknown id is remembered, because a report may come
 * before the id. A message is delivered when all of its parts are, and failed as soon as one is.
 * @returns the reports on messages that are final now, by team
 */
export async function takeRefReports(
  services: Services,
  carrier: string,
  reports: RefReport[],
): Promise<Map<string, Report[]>> {
  const { rows } = await services.database.db.execute<{ final: (Report & { team: string })[] }>(
    sql`SELECT carrier_refs_report(${carrier}, ${JSON.stringify(reports)}::jsonb) AS final`,
  );
  const byTeam = new Map<string, Report[]>();
  for (const { team, ...one } of rows[0]!.final) byTeam.set(team, [...(byTeam.get(team) ?? []), one]);
  return byTeam;
}

/**
 * Gives the queued messages of unknown carriers to the carrier `to`, over all teams: after a carrier was removed.
 * @returns the number of messages
 */
export async function adoptQueued(services: Services, known: string[], to: string): Promise<number> {
  const { rows } = await services.database.db.execute<{ adopted: string }>(
    sql`SELECT messages_adopt(${sql.param(known)}::text[], ${to}) AS adopted`,
  );
  return Number(rows[0]!.adopted);
}

/** A delivery report, which names a message by our reference or by the carrier's own id. */
export type CarrierReport = {
  message: { id: string } | { ref: string };
  /** The number of the part, from 1, if the report is about one of several. */
  part?: number;
  status: 'buffered' | 'delivered' | 'failed' | 'unknown';
  code: string | null;
  detail: string | null;
};

/** Stores delivery reports of a carrier, which name messages by our reference or by the carrier's own ids. */
export async function takeReports(services: Services, carrier: string, reports: CarrierReport[]): Promise<void> {
  const final = reports.flatMap(({ status, ...report }) =>
    status === 'delivered' || status === 'failed' ? [{ ...report, status }] : [],
  );
  const named = final.flatMap(({ message, part, status, code, detail }) => {
    const known = 'id' in message && part === undefined && readCarrierReference(message.id);
    return known ? [{ ...known, status, code, detail }] : [];
  });
  const refs = final.flatMap(({ message, part, status, code, detail }): RefReport[] => {
    if ('ref' in message) return [{ ref: message.ref, status, code, detail }];
    return part === undefined ? [] : [{ ref: partReference(message.id, part), status, code, detail }];
  });
  for (const [teamId, own] of byTeam(named)) await reportMessages(systemContext(services, teamId), own);
  if (refs.length === 0) return;
  for (const [teamId, own] of await takeRefReports(services, carrier, refs)) {
    await reportMessages(systemContext(services, teamId), own);
  }
}
