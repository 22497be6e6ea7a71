import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Pool } from 'pg';
import type { BenchTeam } from '../world';

const WEB = process.env['BENCH_URL']!;
const WEB_PID = process.env['BENCH_WEB_PID']!;
const ROWS = 1_000_000;
const WARM_ROWS = 2_000;
const GROWTH_AT_MOST_MB = 150;
const QUIET_AFTER_MS = 1_000;
const MB = 1024 * 1024;

/**
 * Measures the time and memory of a CSV of a million rows from a real web process, then of one whose download is
 * aborted.
 */
export async function measureCsv(owner: Pool, team: BenchTeam, stored: number): Promise<string[]> {
  const wanted = Math.min(ROWS, stored);
  await take(team, await rangeOf(owner, team, WARM_ROWS));
  await sleep(2_000);
  const idle = memory();
  const range = await rangeOf(owner, team, wanted);
  const watch = watchMemory();
  const began = performance.now();
  const { bytes, rows } = await take(team, range);
  const seconds = (performance.now() - began) / 1000;
  const peak = watch.stop();
  await sleep(5_000);
  console.log(`\nCSV of ${rows} rows from one web process`);
  console.log(
    `  ${(bytes / MB).toFixed(0)} MB in ${seconds.toFixed(1)} s, ${Math.round(rows / seconds)} rows a second`,
  );
  console.log(
    `  memory of the process: ${idle} MB idle, ${peak} MB at most (+${peak - idle}), ${memory()} MB five seconds after`,
  );
  const misses = [];
  if (rows !== wanted) misses.push(`csv: ${rows} rows instead of ${wanted}`);
  if (peak - idle > GROWTH_AT_MOST_MB) misses.push('csv: memory');
  return [...misses, ...(await breakOff(owner, team, range))];
}

/** Returns the range that begins that many messages back. */
async function rangeOf(owner: Pool, team: BenchTeam, rows: number): Promise<string> {
  const { rows: found } = await owner.query<{ at: string }>(
    `SELECT to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS at FROM messages WHERE team_id = $1
     ORDER BY id DESC OFFSET $2 LIMIT 1`,
    [team.ctx.actor.teamId, rows - 1],
  );
  return `from=${found[0]!.at}`;
}

const ask = (team: BenchTeam, range: string, signal?: AbortSignal) =>
  fetch(`${WEB}/api/v1/messages.csv?${range}`, {
    headers: { Authorization: `Bearer ${team.key}` },
    signal: signal ?? null,
  });

/** Reads a CSV to its end without keeping it. The first line is a header; no cell of these rows has a line end. */
async function take(team: BenchTeam, range: string): Promise<{ bytes: number; rows: number }> {
  const response = await ask(team, range);
  let bytes = 0;
  let lines = 0;
  for await (const part of response.body!) {
    bytes += part.length;
    for (let at = part.indexOf(10); at >= 0; at = part.indexOf(10, at + 1)) lines += 1;
  }
  return { bytes, rows: lines - 1 };
}

/** Aborts a CSV after a few megabytes: within a second the web process must query no more of it. */
async function breakOff(owner: Pool, team: BenchTeam, range: string): Promise<string[]> {
  const stop = new AbortController();
  const response = await ask(team, range, stop.signal);
  let bytes = 0;
  for await (const part of response.body!) if ((bytes += part.length) > 4 * MB) break;
  stop.abort();
  const { rows: clock } = await owner.query<{ at: Date }>('SELECT clock_timestamp() AS at');
  await sleep(QUIET_AFTER_MS * 3);
  const { rows } = await owner.query<{ active: number; late: number }>(
    `SELECT count(*) FILTER (WHERE state = 'active')::int AS active, coalesce(max(extract(epoch FROM query_start - $1) * 1000), 0)::int AS late
     FROM pg_stat_activity WHERE application_name = 'purser' AND query LIKE '%"messages"%'`,
    [clock[0]!.at],
  );
  const { active, late } = rows[0]!;
  console.log(`  broken off: the last query began ${Math.max(0, late)} ms afterwards, ${active} still running`);
  return active > 0 || late > QUIET_AFTER_MS ? ['csv: broken off'] : [];
}

/** Returns the resident memory of the web process in MB. */
const memory = (): number =>
  Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${WEB_PID}/status`, 'utf8'))![1]) / 1024);

function watchMemory(): { stop(): number } {
  let peak = memory();
  const timer = setInterval(() => (peak = Math.max(peak, memory())), 100);
  return {
    stop() {
      clearInterval(timer);
      return peak;
    },
  };
}
