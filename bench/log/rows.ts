import type { Pool } from 'pg';
import { makeBenchTeam, type BenchTeam } from '../world';

/** Values that are frequent enough in the log for a page 10,000. */
export const HOT = {
  member: 0,
  country: 'US',
  recipient: '+14155550100',
  reference: 'spring-sale',
  beginning: '+121255',
} as const;

const MEMBERS = 100;
const BLOCK = 100_000;
const YEAR_MS = 365 * 86_400_000;

/**
 * Writes the log of one year through the real tables, with all their indexes, constraints and partitions, oldest
 * message first, and its daily sums. One team has a hundred members, of which the first has 15 %, each with three of
 * twelve countries; five statuses; one recipient and one campaign with 4 % each. The charges are not booked.
 */
export async function writeLog(owner: Pool, rows: number): Promise<BenchTeam> {
  const team = await makeBenchTeam(MEMBERS);
  const { teamId } = team.ctx.actor;
  await owner.query(
    `SELECT messages_partition((date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => m))::date) FROM generate_series(0, 12) m`,
  );
  const began = Date.now();
  const from = new Date(began - YEAR_MS);
  const members = team.members.map(({ id }) => id);
  for (let done = 0; done < rows; done += BLOCK) {
    await owner.query(WRITE, [teamId, members, from, YEAR_MS / rows, done, Math.min(done + BLOCK, rows) - 1]);
    const seconds = (Date.now() - began) / 1000;
    const written = Math.min(done + BLOCK, rows);
    if (written % (BLOCK * 10) === 0 || written === rows) {
      console.log(`  ${written} rows in ${seconds.toFixed(0)} s, ${Math.round(written / seconds)} a second`);
    }
  }
  await owner.query(MEMBER_SUMS, [teamId]);
  await owner.query(TEAM_SUMS, [teamId]);
  await owner.query('VACUUM ANALYZE messages, usage_daily, usage_team_daily');
  return team;
}

/** Returns the size of the log on the disk: its rows and its indexes. */
export async function sizeOfLog(owner: Pool): Promise<string> {
  const { rows } = await owner.query<{ rows: string; indexes: string; partitions: number }>(
    `SELECT pg_size_pretty(sum(pg_table_size(inhrelid))) AS rows, pg_size_pretty(sum(pg_indexes_size(inhrelid))) AS indexes,
       count(*)::int AS partitions FROM pg_inherits WHERE inhparent = 'messages'::regclass`,
  );
  const [size] = rows;
  return `${size!.rows} and ${size!.indexes} of indexes, ${size!.partitions} partitions`;
}

const COUNTRIES = `'{US,GB,DE,FR,ES,IT,NL,PL,SE,IN,BR,AU}'::text[]`;
const PREFIXES = `'{1,447,4915,336,346,393,316,485,467,919,5511,614}'::text[]`;

// Each decision is drawn once, as `random()` written twice would be two draws.
const WRITE = `
  WITH drawn AS MATERIALIZED (
    SELECT i, $3::timestamptz + i * $4::float8 * interval '1 millisecond' AS at, random() AS who, random() AS fate, random() AS place,
      random() AS whose, random() AS number, random() AS said, random() AS length
    FROM generate_series($5::int, $6::int) i
  ), sent AS MATERIALIZED (
    SELECT *, CASE WHEN who < 0.15 THEN 1 ELSE 2 + floor(99 * ((who - 0.15) / 0.85) ^ 1.5) END::int AS nth FROM drawn
  ), decided AS MATERIALIZED (
    SELECT *, ($2::uuid[])[nth] AS member, CASE WHEN nth % 12 = 1 THEN whose ELSE 1 END AS hot,
      1 + CASE WHEN nth % 12 = 1 AND whose < 0.36 THEN 0 ELSE (nth - 1 + floor(3 * place ^ 1.5)::int) % 12 END AS country,
      CASE WHEN at > now() - interval '3 days' AND fate < 0.02 THEN 'queued' WHEN at > now() - interval '3 days' AND fate < 0.1 THEN 'sent'
        WHEN fate < 0.01 THEN 'cancelled' WHEN fate < 0.06 THEN 'failed' ELSE 'delivered' END AS status,
      CASE WHEN length < 0.8 THEN 1 ELSE 2 END AS segments
    FROM sent
  )
  INSERT INTO messages (team_id, id, member_id, payer, recipient, sender, body, country, encoding, segments, price, cost, status, error_code,
    error_detail, reference, carrier, carrier_ref, created_at, sent_at, delivered_at, failed_at, cancelled_at)
  SELECT $1, uuid7(at), member, 'member',
    CASE WHEN hot < 0.18 THEN '${HOT.recipient}' WHEN hot < 0.36 THEN '${HOT.beginning}' || lpad(floor(number * 1e5)::text, 5, '0')
      ELSE '+' || (${PREFIXES})[country] || lpad(floor(number * 1e8)::bigint::text, 8, '0') END,
    'Bench', 'Your parcel ' || i || ' is on its way and arrives between ten and noon.' || repeat(' Reply STOP to end.', segments * 3 - 2),
    (${COUNTRIES})[country], 'gsm7', segments, 10000, CASE WHEN status IN ('failed', 'cancelled') THEN 0 ELSE 10000 * segments END, status,
    CASE WHEN status = 'failed' THEN 'undelivered' END, CASE WHEN status = 'failed' THEN 'No such subscriber.' END,
    CASE WHEN said < 0.04 THEN '${HOT.reference}' WHEN said < 0.34 THEN 'order-' || i END,
    CASE WHEN status NOT IN ('queued', 'cancelled') THEN 'sandbox' END, CASE WHEN status NOT IN ('queued', 'cancelled') THEN 'ref-' || i END, at,
    CASE WHEN status NOT IN ('queued', 'cancelled') THEN at + interval '1 second' END, CASE WHEN status = 'delivered' THEN at + interval '4 seconds' END,
    CASE WHEN status = 'failed' THEN at + interval '4 seconds' END, CASE WHEN status = 'cancelled' THEN at + interval '1 minute' END
  FROM decided ORDER BY i`;

const MEMBER_SUMS = `
  INSERT INTO usage_daily (team_id, member_id, day, country, messages, segments, delivered, failed, cost)
  SELECT team_id, member_id, (created_at AT TIME ZONE 'UTC')::date, country, count(*), sum(segments), count(*) FILTER (WHERE status = 'delivered'),
    count(*) FILTER (WHERE status = 'failed'), sum(cost) FROM messages WHERE team_id = $1 GROUP BY 1, 2, 3, 4`;

// Spreads each member's sums over the sixteen lanes, as in a busy team.
const TEAM_SUMS = `
  INSERT INTO usage_team_daily (team_id, day, country, lane, messages, segments, delivered, failed, cost)
  SELECT team_id, day, country, abs(hashtext(member_id::text)) % 16, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost)
  FROM usage_daily WHERE team_id = $1 GROUP BY 1, 2, 3, 4`;
