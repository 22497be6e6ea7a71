import type { Pool } from 'pg';
import { isCounted, type RefusalReason } from './rules';

/**
 * The interval at which a process writes its counts, in milliseconds: one statement per team, so that a key in a loop
 * does not create a hot row.
 */
const PAUSE_MS = 3_000;

/** The most pairs of member and reason counted at once. Further ones cause an earlier write, or are dropped. */
const MAX_COUNTED = 10_000;

/**
 * The shortest time between two writes caused by reads, in milliseconds: a read first writes the counts of this
 * process.
 */
const FRESH_MS = 1_000;

type Counted = { teamId: string; memberId: string; reason: RefusalReason; count: number; at: number };

/**
 * Counts that are not yet written. Stored with the pool, because a process has one pool even where a module is loaded
 * twice.
 */
type Tally = {
  counted: Map<string, Counted>;
  timer: NodeJS.Timeout | null;
  writing: Promise<void> | null;
  wroteAt: number;
};

const shared = globalThis as { purserRefusals?: WeakMap<Pool, Tally> };

function tallyOf(pool: Pool): Tally {
  const tallies = (shared.purserRefusals ??= new WeakMap());
  let tally = tallies.get(pool);
  if (!tally) tallies.set(pool, (tally = { counted: new Map(), timer: null, writing: null, wroteAt: -Infinity }));
  return tally;
}

/** Counts a refused send of a member, if its code is counted. Never delays or fails the caller. */
export function countRefusal(pool: Pool, refused: { teamId: string; memberId: string }, code: string): void {
  if (!isCounted(code)) return;
  const { teamId, memberId } = refused;
  const tally = tallyOf(pool);
  const key = `${teamId} ${memberId} ${code}`;
  const known = tally.counted.get(key);
  if (known) Object.assign(known, { count: known.count + 1, at: performance.now() });
  else if (tally.counted.size < MAX_COUNTED)
    tally.counted.set(key, { teamId, memberId, reason: code, count: 1, at: performance.now() });
  tally.timer ??= setTimeout(() => void flush(pool), PAUSE_MS).unref();
  if (tally.counted.size >= MAX_COUNTED) void flush(pool);
}

/** Writes the counts of this process, unless it has just done so. */
export async function flushSoon(pool: Pool): Promise<void> {
  const tally = tallyOf(pool);
  if (tally.counted.size > 0 && performance.now() - tally.wroteAt > FRESH_MS) await flush(pool);
}

/** Writes the counts before a process ends. Counts that cannot be written are dropped. */
export async function flushRefusals(pool: Pool): Promise<void> {
  await tallyOf(pool).writing;
  await flush(pool);
}

function flush(pool: Pool): Promise<void> {
  const tally = tallyOf(pool);
  if (tally.timer) clearTimeout(tally.timer);
  tally.timer = null;
  tally.writing ??= write(pool, tally).finally(() => (tally.writing = null));
  return tally.writing;
}

async function write(pool: Pool, tally: Tally): Promise<void> {
  if (tally.counted.size === 0 || pool.ending) return;
  tally.wroteAt = performance.now();
  const counted = tally.counted;
  tally.counted = new Map();
  for (const [teamId, rows] of byTeam(counted.values())) {
    try {
      await writeTeam(pool, teamId, rows);
    } catch {
      // Merges the counts back into newer ones, so that all are written when the database is available again.
      for (const row of rows) putBack(tally, row);
      tally.timer ??= setTimeout(() => void flush(pool), PAUSE_MS).unref();
    }
  }
}

function byTeam(counted: Iterable<Counted>): Map<string, Counted[]> {
  const teams = new Map<string, Counted[]>();
  for (const row of counted) {
    const rows = teams.get(row.teamId);
    if (rows) rows.push(row);
    else teams.set(row.teamId, [row]);
  }
  return teams;
}

function putBack({ counted }: Tally, row: Counted): void {
  const key = `${row.teamId} ${row.memberId} ${row.reason}`;
  const since = counted.get(key);
  if (since) since.count += row.count;
  else if (counted.size < MAX_COUNTED) counted.set(key, row);
}

// Takes the day from the database's clock, in UTC. Skips members that are not in the team.
async function writeTeam(pool: Pool, teamId: string, rows: Counted[]): Promise<void> {
  const now = performance.now();
  const listed = rows.map(({ memberId, reason, count, at }) => ({ memberId, reason, count, age: (now - at) / 1_000 }));
  await pool.query(
    `INSERT INTO refusals AS r (team_id, member_id, day, reason, count, last_at)
     SELECT $1::uuid, m.id, (x.at AT TIME ZONE 'UTC')::date, x.reason, x.count, x.at
     FROM (SELECT "memberId", reason, count, now() - make_interval(secs => age) AS at
       FROM jsonb_to_recordset($2::jsonb) AS l("memberId" uuid, reason text, count integer, age double precision)) x
       JOIN members m ON m.team_id = $1::uuid AND m.id = x."memberId"
     ORDER BY m.id, x.reason
     ON CONFLICT (team_id, member_id, day, reason) DO UPDATE
       SET count = r.count + excluded.count, last_at = greatest(r.last_at, excluded.last_at)`,
    [teamId, JSON.stringify(listed)],
  );
}
