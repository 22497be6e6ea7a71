import type { Pool, PoolClient } from 'pg';
import { sendBatch } from '@/server/domain/messaging/messages/write';
import { makeBenchTeam, median } from '../world';

const BATCH = 1_000;
const ROUNDS = 60;

/** Compares, in turn, batches into the log with the same rows into a heap of the same columns without any index. */
export async function measureInsert(owner: Pool): Promise<void> {
  const team = await makeBenchTeam(1);
  const [member] = team.members;
  const client = await owner.connect();
  // Autovacuum does this by itself within a minute.
  await client.query('ANALYZE ledger_accounts, members, transfers, entries, usage_daily, usage_team_daily');
  await client.query('CREATE TABLE bare_messages (LIKE messages)');
  await client.query('CREATE TEMP TABLE batch (LIKE messages)');
  const text = 'Your parcel is on its way and arrives between ten and noon.';
  const batch = Array.from({ length: BATCH }, (_, i) => ({ to: `+1415555${1000 + i}`, from: 'Bench', body: text }));
  const times: Record<'bare' | 'log' | 'command', number[]> = { bare: [], log: [], command: [] };
  for (let round = 0; round < ROUNDS; round++) {
    for (const table of ['bare', 'log'] as const) {
      await fillBatch(client, team.ctx.actor.teamId, member!.id);
      const into = table === 'bare' ? 'bare_messages' : 'messages';
      times[table].push(await time(() => client.query(`INSERT INTO ${into} SELECT * FROM batch`)));
    }
    times.command.push(await time(() => sendBatch(member!.ctx, { onBehalfOf: null, messages: batch })));
  }
  await client.query('DROP TABLE bare_messages, batch');
  // These rows are in no sum.
  await client.query('DELETE FROM messages WHERE team_id = $1 AND transfer_id IS NULL', [team.ctx.actor.teamId]);
  client.release();
  const a = (name: keyof typeof times) => BATCH / (median(times[name]) / 1000);
  const line = (name: string, of: keyof typeof times) =>
    console.log(
      `  ${name.padEnd(60)} ${Math.round(a(of)).toString().padStart(8)}/s  × ${(a(of) / a('bare')).toFixed(2)}`,
    );
  console.log(`\nInserts, batches of ${BATCH}, one caller`);
  line('a bare heap, no index, check or foreign key', 'bare');
  line('the log: partitions, ten indexes, checks, foreign key', 'log');
  line('sendBatch: priced, charged, a transfer each, sums', 'command');
}

async function time(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Inserts rows like those of the log; their ids are made before the time is taken. */
async function fillBatch(client: PoolClient, teamId: string, memberId: string): Promise<void> {
  await client.query('TRUNCATE batch');
  await client.query(
    `INSERT INTO batch (team_id, id, member_id, payer, recipient, sender, body, country, encoding, segments, price, cost, status, reference, created_at)
     SELECT $1, uuid7(), $2, 'member', '+1415555' || lpad(floor(random() * 1e4)::text, 4, '0'), 'Bench',
       'Your parcel is on its way and arrives between ten and noon.', (ARRAY['US', 'GB', 'DE', 'FR'])[1 + i % 4], 'gsm7', 1, 10000, 10000, 'queued',
       CASE WHEN i % 3 = 0 THEN 'order-' || i END, now() FROM generate_series(1, $3::int) i`,
    [teamId, memberId, BATCH],
  );
}
