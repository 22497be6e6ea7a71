import { Client } from 'pg';
import { parseId } from '@/server/domain/core/ids';
import { connectionOf, type Team } from './product';

/**
 * Fills a team's log with messages sent over a number of days: numbers and references count up, `ref-000001` is the
 * oldest, every tenth failed. The daily usage matches the log; no money moves.
 * @param wanted.ago the age of the newest message in days
 */
export async function fillLog(
  dataDir: string,
  wanted: { team: Team; member: string; count: number; days: number; ago?: number },
): Promise<void> {
  const { team, member, count, days, ago = 0 } = wanted;
  const client = new Client({ connectionString: connectionOf(dataDir).ownerUrl });
  await client.connect();
  const [teamId, memberId] = [parseId('team', team.teamId), parseId('mem', member)];
  try {
    await client.query(
      `WITH rows AS (SELECT i, now() - make_interval(days => $5) - ($4::int * interval '1 day') * (($3::int - i)::float8 / $3::int) AS at FROM generate_series(1, $3::int) i)
       INSERT INTO messages (team_id, id, member_id, payer, recipient, sender, body, country, encoding, segments, price, cost, status, error_code, error_detail,
         reference, created_at, sent_at, delivered_at, failed_at)
       SELECT $1::uuid, uuid7(at), $2::uuid, 'member', '+1415' || lpad(i::text, 7, '0'), 'Acme', 'Message number ' || i, 'US', 'gsm7', 1, 10000,
         CASE WHEN i % 10 = 0 THEN 0 ELSE 10000 END, CASE WHEN i % 10 = 0 THEN 'failed' ELSE 'delivered' END,
         CASE WHEN i % 10 = 0 THEN 'undelivered' END, CASE WHEN i % 10 = 0 THEN 'Not reachable.' END,
         'ref-' || lpad(i::text, 6, '0'), at, at, CASE WHEN i % 10 <> 0 THEN at END, CASE WHEN i % 10 = 0 THEN at END
       FROM rows ORDER BY i`,
      [teamId, memberId, count, days, ago],
    );
    const sums = `(created_at AT TIME ZONE 'UTC')::date AS day, country, count(*) AS messages, sum(segments) AS segments,
      count(*) FILTER (WHERE status = 'delivered') AS delivered, count(*) FILTER (WHERE status = 'failed') AS failed, sum(cost) AS cost`;
    const columns = 'messages, segments, delivered, failed, cost';
    await client.query(
      `WITH sums AS (SELECT member_id, ${sums} FROM messages WHERE team_id = $1 GROUP BY 1, 2, 3),
        gone AS (DELETE FROM usage_daily WHERE team_id = $1)
       INSERT INTO usage_team_daily (team_id, day, country, lane, ${columns})
       SELECT $1::uuid, day, country, 0, sum(messages), sum(segments), sum(delivered), sum(failed), sum(cost) FROM sums GROUP BY 2, 3
       ON CONFLICT (team_id, day, country, lane) DO NOTHING`,
      [teamId],
    );
    await client.query(
      `INSERT INTO usage_daily (team_id, member_id, day, country, ${columns})
       SELECT $1::uuid, member_id, ${sums} FROM messages WHERE team_id = $1 GROUP BY 1, 2, 3, 4`,
      [teamId],
    );
    await client.query('ANALYZE messages, usage_daily, usage_team_daily');
  } finally {
    await client.end();
  }
}
