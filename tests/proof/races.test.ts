import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { makeContext, type Services } from '@/server/domain/core/context';
import { asTeamId, newUuid7 } from '@/server/domain/core/ids';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { creditMember, debitMember, fundTeam } from '@/server/domain/billing/ledger/write';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  restoreMember,
  setRole,
  updateMember,
} from '@/server/domain/teams/members/write';
import { reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { listRechargeEvents } from '@/server/domain/billing/auto-recharge/read';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { CRONTAB } from '@/server/jobs/tasks';
import { services } from '@/server/http/services';
import { addMember, ctxOf, makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import { failed, inLine, openServices, outcomeOf } from './support';
import { inTransaction } from '@/server/domain/core/transaction';

const text = { to: '+4915112345678', from: 'Purser', body: 'Hello' };

async function sendFor(team: TestTeam, memberId: string): Promise<string> {
  const sent = await sendMessage(team.operator, { onBehalfOf: memberId, message: text });
  if (!('id' in sent)) throw new Error(sent.code);
  return sent.id;
}

const statusOf = async (team: TestTeam, messageId: string) => {
  const { rows } = await ownerPool().query<{ status: string; carrier_ref: string | null; cost: string }>(
    'SELECT status, carrier_ref, cost FROM messages WHERE team_id = $1 AND id = $2',
    [team.teamId, messageId],
  );
  return rows[0]!;
};

const activeOwners = async (team: TestTeam): Promise<number> => {
  const { rows } = await ownerPool().query<{ n: number }>(
    `SELECT count(*)::int AS n FROM members WHERE team_id = $1 AND role = 'owner' AND status = 'active'`,
    [team.teamId],
  );
  return rows[0]!.n;
};

describe('a report of failures for several members', () => {
  it("refunds two owners' messages without a deadlock with a credit to one of them", async () => {
    const team = await makeTeam();
    const memberships = await Promise.all([addMember(team, { role: 'owner' }), addMember(team, { role: 'owner' })]);
    const [first, second] = [memberships[0].id, memberships[1].id].toSorted((a, b) => (a < b ? -1 : 1));
    if (!first || !second) throw new Error('Two members were created.');
    const messages = [await sendFor(team, first), await sendFor(team, second)];
    // The credit locks the second member and waits for the master; the report must not hold the master and wait for
    // that member.
    const outcomes = await inLine(
      team,
      [team.teamId],
      [
        () => reportMessages(team.operator, messages.map(failed)),
        () => creditMember(team.operator, { memberId: second, amount: micros('1.00') }),
      ],
    );
    expect(outcomes).toEqual(['ok', 'ok']);
    for (const id of messages) expect(await statusOf(team, id)).toMatchObject({ status: 'failed', cost: '0' });
  });

  it('keeps the final status when it says sent and failed of the same message', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const id = await sendFor(team, member.id);
    await reportMessages(team.operator, [{ id, status: 'sent', carrier: 'sandbox', ref: 'r-1' }, failed(id)]);
    expect(await statusOf(team, id)).toMatchObject({ status: 'failed', cost: '0' });
    expect((await moneyOfMember(team, member.id)).balance).toBe('1000000');
  });

  it('keeps the first final status when it says failed, sent and delivered', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const id = await sendFor(team, member.id);
    await reportMessages(team.operator, [failed(id), { id, status: 'sent' }, { id, status: 'delivered' }, failed(id)]);
    expect(await statusOf(team, id)).toMatchObject({ status: 'failed', cost: '0' });
    expect(await reportMessages(team.operator, [failed(id), { id, status: 'delivered' }])).toEqual([]);
    expect((await moneyOfMember(team, member.id)).balance).toBe('1000000');
  });
});

const moneyOfMember = async (team: TestTeam, memberId: string) => {
  const { rows } = await ownerPool().query<{ balance: string; closed: boolean }>(
    'SELECT balance, closed_at IS NOT NULL AS closed FROM ledger_accounts WHERE team_id = $1 AND id = $2',
    [team.teamId, memberId],
  );
  return rows[0]!;
};

const twoOwners = async () => {
  const team = await makeTeam();
  const membership = await addMember(team, { role: 'owner' });
  const [a, b] = [team.owner, await ctxOf(membership.key)];
  return { team, a, b, aId: team.ownerId, bId: membership.id };
};

describe('two owners acting on each other at once', () => {
  it('stay one active owner when one deactivates the other and is demoted meanwhile', async () => {
    const { team, a, b, aId, bId } = await twoOwners();
    const outcomes = await inLine(
      team,
      [team.teamId],
      [() => deactivateMember(b, aId), () => setRole(a, { memberId: bId, role: 'member' })],
    );
    expect(await activeOwners(team)).toBe(1);
    expect(outcomes).toEqual(['ok', 'member_inactive']);
  });

  it('stay one active owner when one deletes the other and is demoted meanwhile', async () => {
    const { team, a, b, aId, bId } = await twoOwners();
    const outcomes = await inLine(
      team,
      [team.teamId],
      [() => deleteMember(b, aId), () => setRole(a, { memberId: bId, role: 'member' })],
    );
    expect(await activeOwners(team)).toBe(1);
    expect(outcomes).toEqual(['ok', 'invalid_key']);
  });

  it('stay one owner when they demote each other', async () => {
    const { team, a, b, aId, bId } = await twoOwners();
    const outcomes = await inLine(
      team,
      [team.teamId],
      [() => setRole(b, { memberId: aId, role: 'member' }), () => setRole(a, { memberId: bId, role: 'member' })],
    );
    expect(outcomes).toEqual(['ok', 'owner_required']);
    expect(await activeOwners(team)).toBe(1);
  });

  it('tell the later of two owners their new status when they deactivate or delete each other', async () => {
    const one = await twoOwners();
    expect(
      await inLine(
        one.team,
        [one.team.teamId],
        [() => deactivateMember(one.b, one.aId), () => deactivateMember(one.a, one.bId)],
      ),
    ).toEqual(['ok', 'member_inactive']);
    const two = await twoOwners();
    expect(
      await inLine(
        two.team,
        [two.team.teamId],
        [() => deleteMember(two.b, two.aId), () => deleteMember(two.a, two.bId)],
      ),
    ).toEqual(['ok', 'invalid_key']);
  });

  it('cannot activate themselves with a request that began before their deactivation', async () => {
    const { team, a, b, aId } = await twoOwners();
    const outcomes = await inLine(team, [aId], [() => deactivateMember(b, aId), () => activateMember(a, aId)]);
    expect(outcomes).toEqual(['ok', 'member_inactive']);
    expect(await activeOwners(team)).toBe(1);
  });

  it('can both take the role back after stepping down, and only one succeeds', async () => {
    const { team, a, b, aId, bId } = await twoOwners();
    await setRole(a, { memberId: aId, role: 'member' });
    await setRole(b, { memberId: bId, role: 'member' });
    expect(await activeOwners(team)).toBe(0);
    const outcomes = await inLine(
      team,
      [team.teamId],
      [() => setRole(a, { memberId: aId, role: 'owner' }), () => setRole(b, { memberId: bId, role: 'owner' })],
    );
    expect(outcomes).toEqual(['ok', 'owner_required']);
    expect(await activeOwners(team)).toBe(1);
  });
});

describe('a request that began before its member was deleted or deactivated', () => {
  it('sends nothing and charges nothing for a deleted member', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5.00' });
    const own = await ctxOf(member.key);
    const send = () => sendMessage(own, { onBehalfOf: null, message: text });
    expect(await inLine(team, [member.id], [() => deleteMember(team.owner, member.id), send])).toEqual([
      'ok',
      'invalid_key',
    ]);
    expect(await outcomeOf(send())).toBe('invalid_key');
    expect(await moneyOfMember(team, member.id)).toEqual({ balance: '0', closed: true });
  });

  it('sends nothing for a deactivated member', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5.00' });
    const own = await ctxOf(member.key);
    const send = () => sendMessage(own, { onBehalfOf: null, message: text });
    expect(await inLine(team, [member.id], [() => deactivateMember(team.owner, member.id), send])).toEqual([
      'ok',
      'member_inactive',
    ]);
    expect(await moneyOfMember(team, member.id)).toEqual({ balance: '5000000', closed: false });
  });
});

describe('a rule that is created again', () => {
  it('has a history of its own, without the refusals of the rule before', async () => {
    const team = await makeTeam({ fund: '0' });
    const member = await addMember(team);
    const rule = rechargeInput.parse({ threshold: '5.00', target: '50.00' });
    await setRecharge(team.owner, member.id, rule);
    await deleteRecharge(team.owner, member.id);
    await setRecharge(team.owner, member.id, rule);
    const { data } = await listRechargeEvents(team.owner, { memberId: member.id, limit: 10 });
    expect(data.map(({ outcome, reason, count }) => ({ outcome, reason, count }))).toEqual([
      { outcome: 'refused', reason: 'master_short', count: 1 },
      { outcome: 'refused', reason: 'master_short', count: 1 },
    ]);
  });
});

describe('after midnight', () => {
  // A charge that began before midnight checks its cap against the day before, and can commit some time after the
  // scheduled job ran.
  it('serves the waiting rules again when no transaction of the day before can still be running', () => {
    const minutes = CRONTAB.split('\n')
      .filter((line) => line.includes(' serve-all-waiting'))
      .flatMap((line) => (line.split(' ')[1] === '0' ? line.split(' ')[0]!.split(',').map(Number) : []));
    expect(minutes).toContain(0);
    expect(minutes.some((minute) => minute >= 1 && minute <= 10)).toBe(true);
  });
});

describe('the same address at the same moment', () => {
  it('creates two teams of one new owner at once', async () => {
    const email = `both-${process.pid}-${Date.now()}@example.test`;
    const make = (name: string) => newTeam(services(), name, email);
    // Another transaction writes the same address, so that both wait for its row; then it rolls back.
    const other = await ownerPool().connect();
    await other.query('BEGIN');
    await other.query(`INSERT INTO users (id, email, name) VALUES (gen_random_uuid(), $1, 'Other')`, [email]);
    const both = Promise.all([outcomeOf(make('Left')), outcomeOf(make('Right'))]);
    await sleep(600);
    await other.query('ROLLBACK');
    other.release();
    expect(await both).toEqual(['ok', 'ok']);
    const { rows } = await ownerPool().query(
      'SELECT 1 FROM members m JOIN users u ON u.id = m.user_id WHERE u.email = $1',
      [email],
    );
    expect(rows).toHaveLength(2);
  });

  it('answers members who swap their addresses with a refusal, without a deadlock', async () => {
    const team = await makeTeam();
    const [a, b] = await Promise.all([
      addMember(team, { email: 'a@example.test' }),
      addMember(team, { email: 'b@example.test' }),
    ]);
    const outcomes = await inLine(
      team,
      [a.id, b.id],
      [
        () => updateMember(team.owner, { memberId: a.id, email: 'b@example.test' }),
        () => updateMember(team.owner, { memberId: b.id, email: 'a@example.test' }),
      ],
    );
    expect(outcomes).toEqual(['email_taken', 'email_taken']);
  });

  it('gives the address to one of a restored and a new member, without a deadlock', async () => {
    const team = await makeTeam();
    const email = 'one@example.test';
    const gone = await addMember(team, { email });
    await deleteMember(team.owner, gone.id);
    const input = { email, role: 'member' as const, credit: micros('1.00') };
    const outcomes = await inLine(
      team,
      [team.teamId],
      [() => restoreMember(team.owner, gone.id), () => createMember(team.owner, input)],
    );
    expect(outcomes).toEqual(['ok', 'email_taken']);
  });
});

describe('the balance of one member requested twice', () => {
  it('moves once with two debits of all', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5.00' });
    const all = () => debitMember(team.owner, { memberId: member.id, amount: 'all' });
    const moved: (bigint | undefined)[] = [];
    const take = async () => moved.push((await all()).transfer?.amount);
    expect(await inLine(team, [member.id], [take, take])).toEqual(['ok', 'ok']);
    expect(new Set(moved)).toEqual(new Set([micros('5.00'), undefined]));
    expect((await verifyLedger(services().database.db)).problems).toEqual([]);
  });

  it('is returned once by two deletions, which both answer the amount', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5.00' });
    const answers: unknown[] = [];
    const gone = async () => answers.push(await deleteMember(team.owner, member.id));
    expect(await inLine(team, [member.id], [gone, gone])).toEqual(['ok', 'ok']);
    expect(answers[0]).toMatchObject({ returned: micros('5.00') });
    expect(answers[1]).toEqual(answers[0]);
  });

  it('is refunded once by two reports of one failure', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '5.00' });
    const id = await sendFor(team, member.id);
    const report = () => reportMessages(team.operator, [failed(id)]);
    expect(await inLine(team, [member.id], [report, report, report])).toEqual(['ok', 'ok', 'ok']);
    expect(await moneyOfMember(team, member.id)).toEqual({ balance: '5000000', closed: false });
  });

  it('is refunded once, to the master, when a failure is reported while the member is deleted', async () => {
    for (const first of ['delete', 'report'] as const) {
      const team = await makeTeam({ fund: '100.00' });
      const member = await addMember(team, { credit: '5.00' });
      const id = await sendFor(team, member.id);
      const gone = () => deleteMember(team.owner, member.id);
      const report = () => reportMessages(team.operator, [failed(id)]);
      expect(await inLine(team, [member.id], first === 'delete' ? [gone, report] : [report, gone])).toEqual([
        'ok',
        'ok',
      ]);
      expect(await moneyOfMember(team, member.id)).toEqual({ balance: '0', closed: true });
      expect((await moneyOfMember(team, team.teamId)).balance).toBe('100000000');
    }
  });
});

describe('a transaction that failed inside', () => {
  it('throws when Postgres rolled it back, and is never answered as done', async () => {
    const team = await makeTeam();
    const work = inTransaction(makeContext(services(), team.owner.actor), null, async (tx) => {
      await tx.db.execute(sql`SELECT 1 / 0`).catch(() => {});
      return 'done';
    });
    await expect(work).rejects.toThrow('so it was rolled back');
  });
});

const operatorOf = (teamId: string) =>
  ({ type: 'operator', teamId: asTeamId(teamId), currency: 'USD', name: 'Operator', channel: 'cli' }) as const;

const newTeam = (on: Services, name: string, email = `${name.toLowerCase()}-${Date.now()}@example.test`) =>
  createTeam(on, {
    name,
    currency: 'USD',
    owner: { name: 'Both', email, password: 'correct horse battery' },
    rates: [],
  });

describe('a connection that was lost while idle', () => {
  // One connection and a short timeout for waiting: a connection that is not given back fails the next query at once.
  it.each([
    ['a new team', (on: Services) => newTeam(on, 'Lost')],
    ['a proof of the ledger', (on: Services) => verifyLedger(on.database.db)],
    ['a change', (on: Services) => fundTeam(makeContext(on, operatorOf(newUuid7())), { amount: 1n })],
  ])('is given back by %s that meets it, so that the next one finds one', async (_name, meet) => {
    const { close, ...own } = openServices(1);
    own.database.pool.on('connect', (client) => {
      const query = client.query.bind(client);
      let first = true;
      const cut = (...args: Parameters<typeof query>) => {
        if (!first) return query(...args);
        first = false;
        const lost = new Error('Connection terminated unexpectedly');
        // A pool's own query waits for a callback, and nothing awaits the promise.
        const callback: unknown = args.at(-1);
        return typeof callback === 'function' ? void callback(lost) : Promise.reject(lost);
      };
      Object.assign(client, { query: cut });
    });
    await expect(meet(own)).rejects.toThrow();
    expect(own.database.pool.idleCount).toBe(own.database.pool.totalCount);
    await close();
  });
});
