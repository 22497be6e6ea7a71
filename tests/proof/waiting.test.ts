import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCtx, type Ctx } from '@/server/domain/ctx';
import { verifyLedger } from '@/server/domain/ledger/read';
import { creditMember, debitMember, fundTeam } from '@/server/domain/ledger/write';
import { reportMessages, sendMessage } from '@/server/domain/messages/write';
import type { RechargeState } from '@/server/domain/recharge/read';
import { ruleOf } from '@/server/domain/recharge/read';
import { decideRecharge } from '@/server/domain/recharge/rules';
import { rechargeInput } from '@/server/domain/recharge/schema';
import { serveWaiting, setRecharge } from '@/server/domain/recharge/write';
import { updateTeam } from '@/server/domain/teams/write';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import {
  failed,
  Gate,
  makeRandom,
  openServices,
  outcomeOf,
  SCALE,
  seedOf,
  takeWake,
  through,
  type Random,
} from './support';

const CLIENTS = 12;
const CHARGES = 900 * SCALE;
const services = openServices(CLIENTS + 2);
afterAll(services.close);

const text = (to: string, parts = 1) => ({ to, from: 'Storm', body: 'x'.repeat(parts === 1 ? 20 : 153 * parts) });

/** The operator at a given time, which is the clock of all that it does. */
const at = (team: TestTeam, time: string): Ctx => makeCtx(services, team.operator.actor, { at: new Date(time) });

/** What the worker does: whenever a job is there, it goes through the waiting. */
async function drain(team: TestTeam, ctx: Ctx): Promise<void> {
  while (await takeWake(ownerPool(), team.teamId)) await serveWaiting(ctx);
}

type Waiting = { member_id: string; balance: string; since: string; reason: string; state: RechargeState };

const waitingRules = async (team: TestTeam, time: string): Promise<Waiting[]> => {
  const { rows } = await ownerPool().query<Waiting>(
    `SELECT r.member_id, a.balance, r.waiting_since::text AS since, r.reason, recharge_state(r.team_id, r.member_id, $2) AS state
      FROM recharge_rules r JOIN ledger_accounts a ON a.team_id = r.team_id AND a.id = r.member_id
      WHERE r.team_id = $1 AND r.waiting_since IS NOT NULL ORDER BY r.waiting_since, r.member_id`,
    [team.teamId, time],
  );
  return rows;
};

const master = async (team: TestTeam): Promise<{ balance: bigint; reserve: bigint }> => {
  const { rows } = await ownerPool().query<{ balance: string; reserve: string }>(
    'SELECT balance, reserve FROM ledger_accounts WHERE team_id = $1 AND id = $1',
    [team.teamId],
  );
  return { balance: BigInt(rows[0]!.balance), reserve: BigInt(rows[0]!.reserve) };
};

/** Waiting rules that could be served now: none may be left once the job is through. */
async function servable(team: TestTeam, time: string): Promise<string[]> {
  const { balance, reserve } = await master(team);
  return (await waitingRules(team, time)).flatMap(({ member_id, state, ...row }) => {
    const decision = decideRecharge({
      balance: BigInt(row.balance),
      charge: 0n,
      rule: ruleOf(state),
      spentInPeriod: BigInt(state.spentInPeriod),
      seat: 'active',
    });
    if (decision.kind !== 'recharge' || balance - decision.amount < reserve) return [];
    return [
      `${member_id} waits for ${row.reason}, needs ${decision.amount}; the master has ${balance}, reserve ${reserve}`,
    ];
  });
}

const DAYS = ['2026-03-30', '2026-03-31', '2026-04-01'];
const A_DAY = CHARGES / DAYS.length;

type Storm = { team: TestTeam; seats: string[]; sent: string[]; day: string; seed: number; faults: string[] };

/** One day of many clients on one master, from 9:00 to 19:00, with the worker at work beside them. */
async function storm({ team, seats, sent, day, seed, faults }: Storm): Promise<void> {
  let charges = 0;
  const over = new AbortController();
  const now = () =>
    at(team, new Date(Date.parse(`${day}T09:00:00Z`) + Math.floor((charges / A_DAY) * 36_000) * 1000).toISOString());
  const client = async (random: Random) => {
    while (charges < A_DAY) {
      charges += 1;
      const outcome = await outcomeOf(act(now(), random, random.pick(seats), sent));
      if (outcome !== 'ok' && outcome !== 'insufficient_funds') faults.push(outcome);
    }
  };
  const worker = async () => {
    while (!over.signal.aborted) {
      if (await takeWake(ownerPool(), team.teamId)) await serveWaiting(now());
      else await sleep(2);
    }
  };
  const working = worker();
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(makeRandom(seed + i))));
  over.abort();
  await working;
}

async function act(ctx: Ctx, random: Random, memberId: string, sent: string[]): Promise<unknown> {
  const kind = random.below(20);
  if (kind === 0) return fundTeam(ctx, { amount: micros(String(1 + random.below(15))) });
  if (kind === 1) return debitMember(ctx, { memberId, amount: micros('1.00') });
  if (kind === 2) return creditMember(ctx, { memberId, amount: micros('1.50') });
  if (kind === 3) return reportMessages(ctx, [random.pick(sent)].filter(Boolean).map(failed));
  if (kind === 4) return serveWaiting(ctx);
  const message = text(random.below(3) ? '+4915112345678' : '+14155550100', 1 + random.below(4));
  const said = await sendMessage(ctx, { onBehalfOf: memberId, message });
  if ('id' in said) sent.push(said.id);
  return said;
}

describe(`a storm of ${CHARGES} charges on one master with many rules`, () => {
  const RESERVE = micros('25.00');
  const CAPS = [null, { amount: '20.00', period: 'day' }, { amount: '35.00', period: 'month' }] as const;
  let team: TestTeam;
  const faults: string[] = [];
  const left: string[] = [];

  beforeAll(async () => {
    const seed = seedOf('S14 waiting');
    team = await makeTeam({ fund: '150.00', card: 'country,prefix,price\n,1,0.07\n,49,0.90\n' });
    await updateTeam(through(services, team.operator), { reserve: RESERVE });
    const seats: string[] = [];
    for (let i = 0; i < 24; i += 1) {
      const { id } = await addMember(team);
      seats.push(id);
      const step = i % 2 ? { amount: '4.00' } : { target: String(6 + (i % 5) * 3) };
      const rule = { threshold: '2.50', ...step, cap: CAPS[i % 3] };
      await setRecharge(at(team, `${DAYS[0]}T08:00:00Z`), id, rechargeInput.parse(rule));
    }
    const sent: string[] = [];
    for (const [i, day] of DAYS.entries()) {
      await storm({ team, seats, sent, day, seed: seed + i * 100, faults });
      const evening = `${day}T23:50:00Z`;
      await drain(team, at(team, evening));
      left.push(...(await servable(team, evening)));
      // Midnight: caps turn, and the clock's job looks at every waiting rule.
      const midnight = new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString();
      await serveWaiting(at(team, midnight));
      await drain(team, at(team, midnight));
      left.push(...(await servable(team, midnight)));
    }
    // Money in the end for everybody: now only caps can keep a rule waiting.
    await fundTeam(at(team, '2026-04-01T23:55:00Z'), { amount: micros('5000.00') });
    await drain(team, at(team, '2026-04-01T23:55:00Z'));
  }, 60_000 * SCALE);

  it('ends each verb with success or for want of money', () => {
    expect([...new Set(faults)]).toEqual([]);
  });

  it('leaves no rule waiting for what the master could pay, each time the job is through', () => {
    expect(left).toEqual([]);
  });

  it('never lets a recharge take the master below its reserve', async () => {
    const { rows } = await ownerPool().query<{ least: string; n: string }>(
      `SELECT min(debit_after) AS least, count(*) AS n FROM transfers WHERE team_id = $1 AND kind = 'recharge'`,
      [team.teamId],
    );
    expect(Number(rows[0]!.n)).toBeGreaterThan(30);
    expect(BigInt(rows[0]!.least)).toBeGreaterThanOrEqual(RESERVE);
  });

  it('never recharges more than a cap in its UTC day or month, and uses caps up', async () => {
    const { rows } = await ownerPool().query<{ cap: string; period: 'day' | 'month'; most: string }>(
      `SELECT r.cap_amount AS cap, r.cap_period AS period, max(t.sum) AS most FROM recharge_rules r JOIN LATERAL (
         SELECT sum(amount) FROM transfers WHERE team_id = $1 AND member_id = r.member_id AND kind = 'recharge'
         GROUP BY date_trunc(r.cap_period, created_at AT TIME ZONE 'UTC')) t ON true
       WHERE r.team_id = $1 AND r.cap_amount IS NOT NULL GROUP BY 1, 2`,
      [team.teamId],
    );
    expect(rows.map(({ period }) => period).toSorted()).toEqual(['day', 'month']);
    for (const { cap, most } of rows) expect(BigInt(most)).toBeLessThanOrEqual(BigInt(cap));
    expect(rows.some(({ cap, most }) => BigInt(most) > (BigInt(cap) * 3n) / 4n)).toBe(true);
  });

  it('counts in the days what the transfers say, and has an event for every firing', async () => {
    const { rows } = await ownerPool().query<{ moved: string; counted: string; transfers: string; fired: string }>(
      `SELECT (SELECT sum(amount) FROM transfers WHERE team_id = $1 AND kind = 'recharge') AS moved,
         (SELECT sum(amount) FROM recharge_totals WHERE team_id = $1) AS counted,
         (SELECT count(*) FROM transfers WHERE team_id = $1 AND kind = 'recharge') AS transfers,
         (SELECT count(*) FROM recharge_events e JOIN transfers t ON t.team_id = $1 AND t.id = e.transfer_id AND t.amount = e.amount
           WHERE e.team_id = $1 AND e.outcome = 'fired') AS fired`,
      [team.teamId],
    );
    expect(rows[0]!.counted).toBe(rows[0]!.moved);
    expect(rows[0]!.fired).toBe(rows[0]!.transfers);
  });

  it('leaves, with money for everybody, none waiting but for its cap, and books that verify', async () => {
    const rules = await waitingRules(team, '2026-04-01T23:55:00Z');
    expect(rules.filter(({ reason }) => reason !== 'cap_reached')).toEqual([]);
    expect((await verifyLedger(services.database.db)).problems).toEqual([]);
  });
});

const rule = (target: string, cap: object | null = null) => rechargeInput.parse({ threshold: '5.00', target, cap });

/** The seats that a rule has paid, in the order of the master's book. */
const served = async (team: TestTeam): Promise<string[]> => {
  const { rows } = await ownerPool().query<{ member_id: string }>(
    `SELECT e.member_id FROM entries x JOIN transfers e ON e.team_id = x.team_id AND e.id = x.transfer_id
      WHERE x.team_id = $1 AND x.account_id = $1 AND e.kind = 'recharge' ORDER BY x.seq`,
    [team.teamId],
  );
  return rows.map((row) => row.member_id);
};

/** Seats whose rules came to wait one after another, the first named first. */
const queue = async (team: TestTeam, targets: string[]) => {
  const seats: string[] = [];
  for (const [i, target] of targets.entries()) {
    const { id } = await addMember(team);
    await setRecharge(at(team, `2026-05-01T10:00:0${i}Z`), id, rule(target));
    seats.push(id);
  }
  return seats;
};

describe('rules that wait', () => {
  it('are served oldest first, and whole, as far as the money goes', async () => {
    const team = await makeTeam({ fund: '0' });
    const [a, b, c, d] = await queue(team, ['10.00', '10.00', '10.00', '10.00']);
    await fundTeam(team.operator, { amount: micros('35.00') });
    await drain(team, team.operator);
    expect(await served(team)).toEqual([a, b, c]);
    expect((await waitingRules(team, '2026-05-01')).map((row) => [row.member_id, row.reason])).toEqual([
      [d, 'master_short'],
    ]);
  });

  it('keep their place when one is passed over, and it is first once the money suffices', async () => {
    const team = await makeTeam({ fund: '0' });
    const [big, small, later] = await queue(team, ['60.00', '10.00', '20.00']);
    const before = await waitingRules(team, '2026-05-01');
    await fundTeam(team.operator, { amount: micros('15.00') });
    await drain(team, team.operator);
    expect(await served(team)).toEqual([small]);
    expect((await waitingRules(team, '2026-05-01'))[0]).toMatchObject({ member_id: big, since: before[0]!.since });
    await fundTeam(team.operator, { amount: micros('60.00') });
    await drain(team, team.operator);
    expect(await served(team)).toEqual([small, big]);
    await fundTeam(team.operator, { amount: micros('15.00') });
    await drain(team, team.operator);
    expect(await served(team)).toEqual([small, big, later]);
  });

  it('are woken by every way in which money comes to the master, and by a lower reserve', async () => {
    const ways: ((team: TestTeam, rich: string, messageId: string) => Promise<unknown>)[] = [
      (team) => fundTeam(team.operator, { amount: micros('10.00') }),
      (team, rich) => debitMember(team.operator, { memberId: rich, amount: micros('10.00') }),
      (team) => updateTeam(team.operator, { reserve: 0n }),
      (team, _rich, messageId) => reportMessages(team.operator, [failed(messageId)]),
    ];
    for (const way of ways) {
      const team = await makeTeam({ fund: '60.00', card: 'country,prefix,price\n,1,20.00\n' });
      const rich = await addMember(team, { credit: '20.00' });
      const sent = await sendMessage(team.owner, { onBehalfOf: null, message: text('+14155550100') });
      await updateTeam(team.operator, { reserve: micros('20.00') });
      const { id } = await addMember(team, { recharge: { threshold: '5.00', target: '10.00' } });
      expect((await waitingRules(team, '2026-05-01')).map((row) => row.reason)).toEqual(['reserve']);
      await way(team, rich.id, 'id' in sent ? sent.id : '');
      await drain(team, team.operator);
      expect(await served(team)).toEqual([id]);
    }
  });

  it('do not miss the money that comes while they begin to wait', async () => {
    for (const first of ['rule', 'money'] as const) {
      const team = await makeTeam({ fund: '0' });
      const { id } = await addMember(team);
      const verbs = [
        () => setRecharge(team.operator, id, rule('10.00')),
        () => fundTeam(team.operator, { amount: micros('10.00') }),
      ];
      const gate = await Gate.close(team, team.teamId);
      const running = [];
      for (const [i, verb] of (first === 'rule' ? verbs : verbs.toReversed()).entries()) {
        running.push(outcomeOf(verb()));
        await gate.queued(i + 1);
      }
      await gate.open();
      expect(await Promise.all(running)).toEqual(['ok', 'ok']);
      await drain(team, team.operator);
      expect(await served(team)).toEqual([id]);
      expect(await waitingRules(team, '2026-05-01')).toEqual([]);
    }
  });

  it('for a cap begin anew at midnight UTC, of a day and of a month, and not a second before', async () => {
    for (const [period, last, next] of [
      ['day', '2026-03-30T23:59:59.999Z', '2026-03-31T00:00:00Z'],
      ['month', '2026-03-31T23:59:59.999Z', '2026-04-01T00:00:00Z'],
    ] as const) {
      const team = await makeTeam({ fund: '100.00', card: 'country,prefix,price\n,1,4.00\n' });
      const { id } = await addMember(team);
      await setRecharge(at(team, '2026-03-30T12:00:00Z'), id, rule('10.00', { amount: '10.00', period }));
      const send = () => sendMessage(at(team, last), { onBehalfOf: id, message: text('+14155550100') });
      expect([await outcomeOf(send()), await outcomeOf(send())]).toEqual(['ok', 'ok']);
      await serveWaiting(at(team, last));
      expect((await waitingRules(team, last)).map((row) => [row.member_id, row.reason])).toEqual([[id, 'cap_reached']]);
      await serveWaiting(at(team, next));
      expect(await waitingRules(team, next)).toEqual([]);
      expect(await served(team)).toEqual([id, id]);
    }
  });

  it('for a cap are served after midnight even when the charge that made them wait ended late', async () => {
    const team = await makeTeam({ fund: '100.00', card: 'country,prefix,price\n,1,6.00\n' });
    const { id } = await addMember(team);
    await setRecharge(at(team, '2026-03-30T12:00:00Z'), id, rule('10.00', { amount: '10.00', period: 'day' }));
    const gate = await Gate.close(team, id);
    const late = outcomeOf(
      sendMessage(at(team, '2026-03-30T23:59:59Z'), { onBehalfOf: id, message: text('+14155550100') }),
    );
    await gate.queued(1);
    await serveWaiting(at(team, '2026-03-31T00:00:00Z'));
    await gate.open();
    expect(await late).toBe('ok');
    expect((await waitingRules(team, '2026-03-31')).map((row) => row.reason)).toEqual(['cap_reached']);
    // The clock's job comes again minutes later for exactly this (races.test.ts keeps its times).
    await serveWaiting(at(team, '2026-03-31T00:02:00Z'));
    expect(await waitingRules(team, '2026-03-31')).toEqual([]);
  });
});
