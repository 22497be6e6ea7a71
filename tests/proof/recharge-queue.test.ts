import { inTransaction } from '@/server/domain/core/transaction';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeContext, type Context } from '@/server/domain/core/context';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { creditMember, debitMember, fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { serveWaiting, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import { makeRandom, type Random } from './random';
import { beginProof, PROOF_TIMEOUT_MS, SIZE } from './size';
import { failed, Gate, openServices, outcomeOf, takeWake } from './support';

const CLIENTS = 12;
const WORKERS = 3;
const MEMBERS = 60;
const CHARGES = SIZE.rechargeCharges;
const services = openServices(CLIENTS + WORKERS + 1);
afterAll(services.close);

const text = (to: string, parts = 1) => ({ to, from: 'Storm', body: 'x'.repeat(parts === 1 ? 20 : 153 * parts) });

/** Makes an operator's context at a given time, which is the clock of all its commands. */
const at = (team: TestTeam, time: string): Context =>
  makeContext(services, team.operator.actor, { at: new Date(time) });

/** Runs the jobs like the workers: as soon as one is enqueued they serve the waiting rules, all at once. */
async function drain(team: TestTeam, ctx: Context, workers = 1): Promise<void> {
  while (await takeWake(ownerPool(), team.teamId)) {
    await Promise.all(Array.from({ length: workers }, () => serveWaiting(ctx)));
  }
}

type Rule = { threshold: string; amount: string | null; target: string | null; cap: string | null };
type Waiting = Rule & { member_id: string; balance: string; since: string; reason: string; spent: string };

/** Lists the waiting rules, oldest first, with the amount that the ledger says they drew in the period of their cap. */
const waitingRules = async (team: TestTeam, time: string): Promise<Waiting[]> => {
  const { rows } = await ownerPool().query<Waiting>(
    `SELECT r.member_id, a.balance, r.waiting_since::text AS since, r.reason, r.threshold, r.amount, r.target, r.cap_amount AS cap,
       (SELECT coalesce(sum(t.amount), 0) FROM transfers t WHERE t.team_id = $1 AND t.member_id = r.member_id AND t.kind = 'recharge'
         AND date_trunc(p.unit, t.created_at AT TIME ZONE 'UTC') = date_trunc(p.unit, $2::timestamptz AT TIME ZONE 'UTC')) AS spent
      FROM recharge_rules r JOIN ledger_accounts a ON a.team_id = r.team_id AND a.id = r.member_id
      CROSS JOIN LATERAL (SELECT coalesce(r.cap_period, 'day') AS unit) p
      WHERE r.team_id = $1 AND r.waiting_since IS NOT NULL ORDER BY r.waiting_since, r.member_id`,
    [team.teamId, time],
  );
  return rows;
};

/**
 * Returns the amount that a rule is due at a balance: its whole need, limited only by its cap. Written a second time,
 * apart from the product.
 */
function due({ threshold, amount, target, cap }: Rule, balance: bigint, spent: bigint): bigint {
  const gap = BigInt(threshold) - balance;
  if (gap <= 0n) return 0n;
  const step = amount === null ? 1n : BigInt(amount);
  const need = amount === null ? BigInt(target!) - balance : ((gap + step - 1n) / step) * step;
  const left = cap === null ? need : BigInt(cap) - spent;
  return need <= left ? need : left - (left % step);
}

const dueNow = (row: Waiting): bigint => due(row, BigInt(row.balance), BigInt(row.spent));

const master = async (team: TestTeam): Promise<{ balance: bigint; reserve: bigint; version: string }> => {
  const { rows } = await ownerPool().query<{ balance: string; reserve: string; version: string }>(
    'SELECT balance, reserve, version FROM ledger_accounts WHERE team_id = $1 AND id = $1',
    [team.teamId],
  );
  const { balance, reserve, version } = rows[0]!;
  return { balance: BigInt(balance), reserve: BigInt(reserve), version };
};

/** Lists waiting rules that could be served now: none may be left when the job has ended. */
async function servable(team: TestTeam, time: string): Promise<string[]> {
  const { balance, reserve } = await master(team);
  return (await waitingRules(team, time)).flatMap((row) => {
    const amount = dueNow(row);
    if (amount === 0n || balance - amount < reserve) return [];
    return [`${row.member_id} waits for ${row.reason}, needs ${amount}; the master has ${balance}, reserve ${reserve}`];
  });
}

/** Lists the members that a rule has paid and the amounts, in the order of the master's entries, from that entry on. */
const servedSince = async (team: TestTeam, seq: string): Promise<string[]> => {
  const { rows } = await ownerPool().query<{ served: string }>(
    `SELECT t.member_id || ' ' || t.amount AS served FROM entries x JOIN transfers t ON t.team_id = x.team_id AND t.id = x.transfer_id
      WHERE x.team_id = $1 AND x.account_id = $1 AND t.kind = 'recharge' AND x.seq > $2 ORDER BY x.seq`,
    [team.teamId, seq],
  );
  return rows.map(({ served: line }) => line);
};

/** Three legs of the clock: over midnight, over the end of a month, and a day. After each the master is quiet. */
const LEGS = [
  ['2026-03-30T09:00:00Z', '2026-03-31T03:00:00Z'],
  ['2026-03-31T09:00:00Z', '2026-04-01T03:00:00Z'],
  ['2026-04-01T09:00:00Z', '2026-04-01T21:00:00Z'],
] as const;
const A_LEG = CHARGES / LEGS.length;

/** A member with a monthly cap that makes every fourth charge, so that each seed reaches a cap, however few charges there are. */
const BUSY = 2;

/** A reserve and the entry of the master from which it applies. */
type Floor = { after: bigint; reserve: bigint };

type Storm = { team: TestTeam; members: string[]; sent: string[]; floors: Floor[]; faults: string[] };

/** Runs one leg of many clients on one master, with several workers beside them, which also run at midnight. */
async function storm(of: Storm, leg: (typeof LEGS)[number], seed: number): Promise<void> {
  const { team, members, sent, faults } = of;
  const [begins, ends] = leg.map((time) => Date.parse(time)) as [number, number];
  const before = sent.length;
  let day = leg[0].slice(0, 10);
  let paidIn = false;
  const over = new AbortController();
  // The clock advances with the paid charges, so that each leg has its number of them.
  const now = () => {
    const past = Math.min((sent.length - before) / A_LEG, 1);
    const seconds = Math.floor((past * (ends - begins)) / 1000);
    return at(team, new Date(begins + seconds * 1000).toISOString());
  };
  const client = async (random: Random) => {
    while (sent.length - before < A_LEG) {
      // Much money comes at once in the middle.
      const big = !paidIn && sent.length - before > A_LEG / 2;
      paidIn ||= big;
      const command = big
        ? fundTeam(now(), { amount: micros('300.00') })
        : act(of, now(), random, random.pick([0, 1, 2, 3]) === 0 ? members[BUSY]! : random.pick(members));
      const outcome = await outcomeOf(command);
      if (outcome !== 'ok' && outcome !== 'insufficient_funds') faults.push(outcome);
    }
  };
  const worker = async () => {
    while (!over.signal.aborted) {
      const ctx = now();
      const today = ctx.at!.toISOString().slice(0, 10);
      const midnight = today !== day;
      day = today;
      if (midnight || (await takeWake(ownerPool(), team.teamId))) await serveWaiting(ctx);
      else await sleep(20);
    }
  };
  const working = Promise.all(Array.from({ length: WORKERS }, worker));
  await Promise.all(Array.from({ length: CLIENTS }, (_, i) => client(makeRandom(seed + i))));
  over.abort();
  await working;
}

async function act({ team, sent, floors }: Storm, ctx: Context, random: Random, memberId: string): Promise<unknown> {
  const kind = random.below(40);
  if (kind < 2) return fundTeam(ctx, { amount: micros(String(1 + random.below(24))) });
  if (kind < 4) return debitMember(ctx, { memberId, amount: micros('1.00') });
  if (kind < 6) return creditMember(ctx, { memberId, amount: micros('1.50') });
  if (kind < 8) return reportMessages(ctx, [random.pick(sent)].filter(Boolean).map(failed));
  if (kind === 8) return setReserve({ team, floors }, ctx, random.pick(['0.00', '10.00', '25.00', '60.00']));
  const message = text(random.below(3) ? '+4915112345678' : '+14155550100', 1 + random.below(4));
  const said = await sendMessage(ctx, { onBehalfOf: memberId, message });
  if ('id' in said) sent.push(said.id);
  return said;
}

/** Sets the reserve and records, still under the master's lock, the entry from which it applies. */
const setReserve = ({ team, floors }: Pick<Storm, 'team' | 'floors'>, ctx: Context, reserve: string): Promise<void> =>
  inTransaction(ctx, null, async (tx) => {
    await updateTeam(tx, { reserve: micros(reserve) });
    const { rows } = await tx.db.execute<{ version: string }>(
      sql`SELECT version FROM ledger_accounts WHERE team_id = ${team.teamId} AND id = ${team.teamId}`,
    );
    floors.push({ after: BigInt(rows[0]!.version), reserve: micros(reserve) });
  });

/**
 * The result of a funding that was not enough for all, with nothing else going on: the members served, in fact and by
 * the rules.
 */
type Quiet = { served: string[]; expected: string[]; passedOver: number; moved: string[] };

/**
 * Takes the master down to its reserve and brings every member that can pay a last charge below its threshold: all
 * wait.
 */
async function runDry(team: TestTeam, members: string[], time: string): Promise<void> {
  const ctx = at(team, time);
  const { rows } = await ownerPool().query<{ id: string; much: string }>(
    `SELECT id, balance - 2600000 AS much FROM ledger_accounts WHERE team_id = $1 AND id = ANY ($2) AND balance > 2600000`,
    [team.teamId, members],
  );
  for (const { id, much } of rows) await debitMember(ctx, { memberId: id, amount: BigInt(much) });
  const { balance, reserve } = await master(team);
  if (balance > reserve) await withdrawFromTeam(ctx, { amount: balance - reserve });
  for (const [i, id] of members.entries()) {
    const later = new Date(Date.parse(time) + i * 1000).toISOString();
    await outcomeOf(sendMessage(at(team, later), { onBehalfOf: id, message: text('+4915112345678') }));
  }
}

/** Funds two fifths of what the waiting rules need, while no member sends, and lets all workers serve them at once. */
async function fundQuietly(team: TestTeam, time: string): Promise<Quiet> {
  const before = await waitingRules(team, time);
  const sum = before.reduce((total, row) => total + dueNow(row), 0n);
  const { balance, reserve, version } = await master(team);
  const amount = (sum * 2n) / 5n + 1n;
  let free = balance + amount - reserve;
  const expected: string[] = [];
  const passed: Waiting[] = [];
  for (const row of before) {
    const need = dueNow(row);
    if (need > 0n && need <= free) {
      free -= need;
      expected.push(`${row.member_id} ${need}`);
    } else if (need > 0n) passed.push(row);
  }
  await fundTeam(at(team, time), { amount });
  await drain(team, at(team, time), WORKERS);
  const places = new Map((await waitingRules(team, time)).map((row) => [row.member_id, row.since]));
  const moved = passed.filter((row) => places.get(row.member_id) !== row.since).map((row) => row.member_id);
  return { served: await servedSince(team, version), expected, passedOver: passed.length, moved };
}

describe(`a storm of ${CHARGES} charges on one master with ${MEMBERS} rules`, () => {
  const CAPS = [null, { amount: '20.00', period: 'day' }, { amount: '35.00', period: 'month' }] as const;
  let team: TestTeam;
  const faults: string[] = [];
  const left: string[] = [];
  const floors: Floor[] = [];
  const quiet: Quiet[] = [];

  beforeAll(async () => {
    const { seed, report } = beginProof('S14 waiting');
    team = await makeTeam({ fund: '150.00', card: 'country,prefix,price\n,1,0.07\n,49,0.90\n' });
    await setReserve({ team, floors }, at(team, '2026-03-30T07:59:00Z'), '25.00');
    const members: string[] = [];
    for (let i = 0; i < MEMBERS; i += 1) {
      const { id } = await addMember(team);
      members.push(id);
      const step = i % 2 ? { amount: '4.00' } : { target: String(6 + (i % 5) * 3) };
      const ctx = at(team, new Date(Date.parse('2026-03-30T08:00:00Z') + i * 1000).toISOString());
      await setRecharge(ctx, id, rechargeInput.parse({ threshold: '2.50', ...step, cap: CAPS[i % 3] }));
    }
    const sent: string[] = [];
    for (const [i, leg] of LEGS.entries()) {
      await storm({ team, members, sent, floors, faults }, leg, seed + i * 100);
      const [, end] = leg;
      await setReserve({ team, floors }, at(team, end), '25.00');
      // The scheduled job looks at every waiting rule: a cap may have been renewed for one that a late charge made
      // wait.
      await serveWaiting(at(team, end));
      await drain(team, at(team, end), WORKERS);
      left.push(...(await servable(team, end)));
      await runDry(team, members.toReversed(), end);
      quiet.push(await fundQuietly(team, end));
      left.push(...(await servable(team, end)));
    }
    // Money for everybody in the end: now only caps can keep a rule waiting.
    await fundTeam(at(team, '2026-04-01T23:55:00Z'), { amount: micros('5000.00') });
    await drain(team, at(team, '2026-04-01T23:55:00Z'), WORKERS);
    const figures = quiet.map(({ served: paid, passedOver }) => `${paid.length} served, ${passedOver} passed over`);
    report(`${sent.length} charges paid, ${figures.join('; ')}`);
  }, PROOF_TIMEOUT_MS);

  it('ends each command with success or for lack of money', () => {
    expect([...new Set(faults)]).toEqual([]);
  });

  it('leaves no rule waiting that the master could pay, each time the job has ended', () => {
    expect(left).toEqual([]);
  });

  it('serves the oldest first, each with its whole need, and passes over those it cannot pay, which keep their place', () => {
    for (const { served: paid, expected, passedOver, moved } of quiet) {
      expect(paid).toEqual(expected);
      expect(moved).toEqual([]);
      expect(paid.length).toBeGreaterThan(2);
      expect(passedOver).toBeGreaterThan(2);
    }
  });

  it('never lets a recharge take the master below the reserve of that moment', async () => {
    const { rows } = await ownerPool().query<{ seq: string; after: string }>(
      `SELECT debit_seq AS seq, debit_after AS after FROM transfers WHERE team_id = $1 AND kind = 'recharge' ORDER BY debit_seq`,
      [team.teamId],
    );
    const below = rows.filter(({ seq, after }) => {
      const floor = floors.findLast((one) => one.after < BigInt(seq))!;
      return BigInt(after) < floor.reserve;
    });
    expect(below).toEqual([]);
    expect(rows.length).toBeGreaterThan(100);
    expect(new Set(floors.map(({ reserve }) => reserve)).size).toBe(4);
    const refused = await ownerPool().query<{ reason: string }>(
      `SELECT DISTINCT reason FROM recharge_events WHERE team_id = $1 AND outcome = 'refused' ORDER BY 1`,
      [team.teamId],
    );
    expect(refused.rows.map(({ reason }) => reason)).toEqual(['cap_reached', 'master_short', 'reserve']);
  });

  it('gives the whole need at each firing, limited only by what the cap has left', async () => {
    type Firing = Rule & { member_id: string; balance: string; charge: string; given: string; period: string };
    const { rows } = await ownerPool().query<Firing>(
      `SELECT t.member_id, e.balance_before AS balance, e.charge, t.amount AS given, r.threshold, r.amount, r.target, r.cap_amount AS cap,
         date_trunc(coalesce(r.cap_period, 'day'), t.created_at AT TIME ZONE 'UTC')::text AS period
       FROM transfers t JOIN recharge_rules r ON r.team_id = $1 AND r.member_id = t.member_id
       LEFT JOIN recharge_events e ON e.team_id = $1 AND e.transfer_id = t.id AND e.outcome = 'fired'
       WHERE t.team_id = $1 AND t.kind = 'recharge' ORDER BY t.member_id, t.credit_seq`,
      [team.teamId],
    );
    const spent = new Map<string, bigint>();
    const wrong = rows.filter((firing) => {
      const place = `${firing.member_id} ${firing.period}`;
      const drawn = spent.get(place) ?? 0n;
      spent.set(place, drawn + BigInt(firing.given));
      return due(firing, BigInt(firing.balance) - BigInt(firing.charge), drawn) !== BigInt(firing.given);
    });
    expect(wrong).toEqual([]);
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

  it('counts the transfers in the daily sums, and has an event for every firing', async () => {
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

  it('leaves only rules waiting for their cap once there is money for everybody, and books that verify', async () => {
    const rules = await waitingRules(team, '2026-04-01T23:55:00Z');
    expect(rules.filter(({ reason }) => reason !== 'cap_reached')).toEqual([]);
    expect((await verifyLedger(services.database.db)).problems).toEqual([]);
  });
});

const rule = (target: string, cap: object | null = null) => rechargeInput.parse({ threshold: '5.00', target, cap });

/** Lists the members that a rule has paid, in the order of the master's entries. */
const served = async (team: TestTeam): Promise<string[]> =>
  (await servedSince(team, '0')).map((line) => line.split(' ')[0]!);

/** Creates members whose rules wait in the order given. */
const queue = async (team: TestTeam, targets: string[]) => {
  const members: string[] = [];
  for (const [i, target] of targets.entries()) {
    const { id } = await addMember(team);
    await setRecharge(at(team, `2026-05-01T10:00:0${i}Z`), id, rule(target));
    members.push(id);
  }
  return members;
};

describe('waiting rules', () => {
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

  it('keep their place when passed over, and are first once the money suffices', async () => {
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

  it('are served after every way in which money comes to the master, and after a lower reserve', async () => {
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

  it('get the money that comes while they begin to wait', async () => {
    for (const first of ['rule', 'money'] as const) {
      const team = await makeTeam({ fund: '0' });
      const { id } = await addMember(team);
      const commands = [
        () => setRecharge(team.operator, id, rule('10.00')),
        () => fundTeam(team.operator, { amount: micros('10.00') }),
      ];
      const gate = await Gate.close(team, team.teamId);
      const running = [];
      for (const [i, command] of (first === 'rule' ? commands : commands.toReversed()).entries()) {
        running.push(outcomeOf(command()));
        await gate.queued(i + 1);
      }
      await gate.open();
      expect(await Promise.all(running)).toEqual(['ok', 'ok']);
      await drain(team, team.operator);
      expect(await served(team)).toEqual([id]);
      expect(await waitingRules(team, '2026-05-01')).toEqual([]);
    }
  });

  it('for a cap begin again at midnight UTC, of a day and of a month, and not a second before', async () => {
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
    // The scheduled job runs again minutes later for exactly this (races.test.ts covers its times).
    await serveWaiting(at(team, '2026-03-31T00:02:00Z'));
    expect(await waitingRules(team, '2026-03-31')).toEqual([]);
  });
});
