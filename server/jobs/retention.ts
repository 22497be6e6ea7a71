import type { Pool } from 'pg';
import { log } from '@/server/log';

const STRAYS_AT_ONCE = 10_000;

/**
 * Drops the months of the message log that ended more than `months` whole months ago; 0 keeps all. Balances, transfers
 * and daily sums do not depend on the log and stay. A month that is locked, or has messages under way, is kept until
 * the next run.
 * @returns the dropped months, such as `2026-01-01` for January
 */
export async function dropOldMessages(owner: Pool, months: number): Promise<string[]> {
  if (months === 0) return [];
  const { rows } = await owner.query<{ before: string; old: string[] }>(
    `WITH kept AS (SELECT (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $1))::date AS first)
     SELECT first::text AS before, ARRAY(SELECT month::text FROM pg_inherits
       JOIN pg_class c ON c.oid = inhrelid AND c.relname ~ '^messages_[0-9]{4}_[0-9]{2}$',
       LATERAL to_date(right(c.relname, 7), 'YYYY_MM') AS month
       WHERE inhparent = 'public.messages'::regclass AND month < first ORDER BY 1) AS old FROM kept`,
    [months],
  );
  const { before, old } = rows[0]!;
  const dropped: string[] = [];
  for (const month of old) if ((await dropMonth(owner, month)) === 'dropped') dropped.push(month);
  while ((await dropStrays(owner, before)) === STRAYS_AT_ONCE);
  return dropped;
}

async function dropMonth(owner: Pool, month: string): Promise<string> {
  const { rows } = await owner.query<{ result: string }>('SELECT messages_drop_month($1) AS result', [month]);
  const { result } = rows[0]!;
  if (result === 'dropped') log({ msg: 'a month of the log was dropped', month });
  else log({ msg: 'a month of the log is kept for now', level: 'warn', month, reason: result });
  return result;
}

/** Drops messages in the default partition, whose month had no partition. */
async function dropStrays(owner: Pool, before: string): Promise<number> {
  const { rows } = await owner.query<{ gone: number }>('SELECT messages_drop_strays($1, $2) AS gone', [
    before,
    STRAYS_AT_ONCE,
  ]);
  return rows[0]!.gone;
}
