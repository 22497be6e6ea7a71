import { afterAll, describe, expect, it } from 'vitest';
import { runMigrations } from 'graphile-worker';
import { openDatabase } from '@/db/client';
import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { creditMember, debitMember, fundTeam } from '@/server/domain/billing/ledger/write';
import { serveWaiting } from '@/server/domain/billing/auto-recharge/write';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { relayBatch } from '@/server/jobs/relay';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../../support/team';

/** Counts every query and every transaction of a database. */
const database = openDatabase(services().database.pool.options.connectionString!, { max: 2 });
let queries = 0;
let transactions = 0;
database.pool.on('connect', (client) => {
  const query = client.query.bind(client) as (...of: unknown[]) => unknown;
  Object.assign(client, {
    query: (...of: unknown[]) => {
      const [text] = of;
      // Notifications for open pages follow a clock of their own and are not counted.
      const tells = typeof text === 'string' ? text.includes('pg_notify') : JSON.stringify(text).includes('pg_notify');
      if (!tells) queries += 1;
      if (typeof text === 'string' && text.startsWith('BEGIN')) transactions += 1;
      return query(...of);
    },
  });
});
afterAll(() => database.pool.end());

const counted = (team: TestTeam): Context =>
  makeContext({ ...services(), database } satisfies Services, team.operator.actor);

async function costOf(work: () => Promise<unknown>): Promise<{ queries: number; transactions: number }> {
  [queries, transactions] = [0, 0];
  await work();
  return { queries, transactions };
}

/**
 * Creates a team with little money, one member with a high balance, and that many rules that wait for large amounts.
 */
async function poor(waiting: number): Promise<{ team: TestTeam; rich: string; waiting: string[] }> {
  const team = await makeTeam({ fund: '20.00' });
  const { id: rich } = await addMember(team, { credit: '10.00' });
  const ids: string[] = [];
  for (let i = 0; i < waiting; i += 1) {
    ids.push((await addMember(team, { recharge: { threshold: '5.00', target: '500.00' } })).id);
  }
  return { team, rich, waiting: ids };
}

const waitingOf = async (team: TestTeam): Promise<Record<string, string>> => {
  const { rows } = await ownerPool().query<{ member_id: string; reason: string }>(
    'SELECT member_id, reason FROM recharge_rules WHERE team_id = $1 AND waiting_since IS NOT NULL',
    [team.teamId],
  );
  return Object.fromEntries(rows.map(({ member_id, reason }) => [member_id, reason]));
};

const jobs = async (team: TestTeam): Promise<string[]> => {
  const { rows } = await ownerPool().query<{ key: string }>(
    `SELECT key FROM graphile_worker.jobs WHERE task_identifier = 'serve-waiting' AND key LIKE '%' || $1`,
    [team.teamId],
  );
  return rows.map(({ key }) => key);
};

describe('a small transfer', () => {
  it('costs the same however many rules wait for more than there is', async () => {
    const costs = [];
    for (const many of [2, 40]) {
      const { team, rich, waiting } = await poor(many);
      await serveWaiting(counted(team));
      costs.push(
        await costOf(async () => {
          await debitMember(counted(team), { memberId: rich, amount: micros('0.01') });
          expect(await serveWaiting(counted(team))).toBe(0);
        }),
      );
      expect(Object.keys(await waitingOf(team)).toSorted()).toEqual(waiting.toSorted());
    }
    expect(costs[1]).toEqual(costs[0]);
    expect(costs[0]).toMatchObject({ transactions: 1 });
  });

  it('opens one transaction for the one rule that it can pay, and passes over the older ones', async () => {
    const { team } = await poor(12);
    const { id } = await addMember(team, { recharge: { threshold: '5.00', target: '30.00' } });
    await fundTeam(team.operator, { amount: micros('21.00') });
    const cost = await costOf(async () => expect(await serveWaiting(counted(team))).toBe(1));
    expect(cost.transactions).toBeLessThanOrEqual(2);
    expect(await waitingOf(team)).not.toHaveProperty(id);
  });

  it('updates the changed reason of all waiting rules in one transaction, and of none again', async () => {
    const { team, rich, waiting } = await poor(12);
    expect(new Set(Object.values(await waitingOf(team)))).toEqual(new Set(['master_short']));
    await updateTeam(team.operator, { reserve: micros('1000.00') });
    await fundTeam(team.operator, { amount: micros('900.00') });
    const first = await costOf(async () => expect(await serveWaiting(counted(team))).toBe(0));
    expect(first.transactions).toBe(1);
    const after = await waitingOf(team);
    expect(waiting.map((id) => after[id])).toEqual(waiting.map(() => 'reserve'));
    await creditMember(team.operator, { memberId: rich, amount: micros('0.01') });
    expect((await costOf(() => serveWaiting(counted(team)))).transactions).toBe(0);
  });
});

describe('the jobs that serve a team’s waiting rules', () => {
  it('are one, however many transfers came before it began', async () => {
    await runMigrations({ pgPool: ownerPool() });
    const [one, other] = [await poor(1), await poor(1)];
    while ((await relayBatch(ownerPool())) > 0);
    for (const { team, rich } of [one, other]) {
      for (let round = 0; round < 2; round += 1) {
        for (let i = 0; i < 10; i += 1) await debitMember(team.operator, { memberId: rich, amount: micros('0.01') });
        await relayBatch(ownerPool());
      }
      expect(await jobs(team)).toEqual([`serve-waiting:${team.teamId}`]);
    }
  });

  it('are one more while one is running: transfers that came meanwhile are not lost', async () => {
    const { team, rich } = await poor(1);
    const move = async () => {
      await debitMember(team.operator, { memberId: rich, amount: micros('0.01') });
      await relayBatch(ownerPool());
    };
    await move();
    const at = `SET locked_by = 'someone', locked_at = now() WHERE key = $1`;
    await ownerPool().query(`UPDATE graphile_worker._private_jobs ${at}`, [`serve-waiting:${team.teamId}`]);
    await move();
    await move();
    const { rows } = await ownerPool().query<{ open: boolean }>(
      `SELECT locked_by IS NOT NULL AS open FROM graphile_worker.jobs WHERE queue_name = $1 ORDER BY id`,
      [`serve-waiting:${team.teamId}`],
    );
    expect(rows).toEqual([{ open: true }, { open: false }]);
  });
});
