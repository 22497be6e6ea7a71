import { describe, expect, it } from 'vitest';
import type { MemberActor } from '@/server/domain/core/actor';
import { fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { rowsOf, useApi } from '../support/api-client';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, makeTeam, micros, type TestTeam } from '../support/team';

const as = useApi();

const CASES = 80;

/** Makes a source of numbers that a seed repeats. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
}

const amountFrom = (below: (n: number) => number, most: number): string => `${below(most)}.${below(4)}5`;

/** Draws a rule that a form can hold, near enough to the balances that each outcome comes up. */
function ruleFrom(below: (n: number) => number): object {
  const threshold = amountFrom(below, 12);
  const step = below(2) === 0;
  const size = step ? amountFrom(below, 8) : String(Number(threshold) + 1 + below(20));
  const cap = below(2) === 0 ? null : { amount: String(8 + below(30)), period: below(2) === 0 ? 'day' : 'month' };
  return { enabled: below(8) > 0, threshold, ...(step ? { amount: size } : { target: size }), cap };
}

type World = { team: TestTeam; session: MemberActor; below: (n: number) => number };

async function setMaster({ team, session }: World, wanted: string, reserve: string): Promise<void> {
  const { data } = await callProcedure(session, 'getShell', {});
  const gap = micros(wanted) - micros(data.team.masterBalance);
  if (gap > 0n) await fundTeam(team.operator, { amount: gap });
  if (gap < 0n) await withdrawFromTeam(team.operator, { amount: -gap });
  await as(team.ownerKey).patch('/team', { reserve });
}

/** Returns the actual outcome of a rule in the terms of the preview. */
async function cameTo(session: MemberActor, memberId: string, before: number) {
  const { data: membership } = await callProcedure(session, 'getMemberRow', { memberId });
  const { data: shell } = await callProcedure(session, 'getShell', {});
  const { data: events } = await callProcedure(session, 'listRechargeEvents', { memberId });
  const event = events.data.length > before ? events.data[0] : null;
  const fired = event?.outcome === 'fired';
  return {
    outcome: fired ? 'fires' : membership.recharge.state === 'waiting' ? 'waits' : 'nothing',
    amount: fired ? event.amount : null,
    reason: event?.reason ?? null,
    memberAfter: membership.balance,
    masterAfter: shell.team.masterBalance,
  };
}

const eventsOf = async (session: MemberActor, memberId: string): Promise<number> =>
  (await callProcedure(session, 'listRechargeEvents', { memberId })).data.data.length;

describe('the preview of a rule', () => {
  it('matches what saving the rule then does, over many cases, for existing and new members', async () => {
    const team = await makeTeam();
    const world = { team, session: await sessionOf(team.ownerKey), below: random(7) };
    const { session, below } = world;
    const seen: Record<string, number> = {};
    for (let i = 0; i < CASES; i += 1) {
      const role = below(6) === 0 ? 'owner' : 'member';
      await setMaster(world, '100', '0');
      const rule = ruleFrom(below);
      const credit = `${below(10)}.50`;
      let memberId: string | null = null;
      if (below(3) > 0) {
        const earlier = below(2) === 0 ? { threshold: '12', target: String(13 + below(9)) } : undefined;
        memberId = (await addMember(team, { credit, role, recharge: earlier })).mem;
        if (below(2) === 0) await callProcedure(session, 'debitMember', { memberId, amount: 'all' });
        if (below(6) === 0) await callProcedure(session, 'deactivateMember', { memberId });
      }
      await setMaster(world, String(10 + below(30)), String(below(3) * 8));
      const events = memberId === null ? 0 : await eventsOf(session, memberId);
      const extra = memberId === null ? { credit, role } : {};
      const { data: foreseen, problem } = await callProcedure(session, 'previewRecharge', {
        memberId,
        ...extra,
        ...rule,
      });
      // A rule that no form could hold: both channels refuse it alike.
      if (problem) {
        expect(problem.code).toBe('invalid_request');
        continue;
      }
      if (memberId === null) {
        const { data } = await callProcedure(session, 'createMember', { ...extra, recharge: rule });
        memberId = data.member.id as string;
      } else expect((await callProcedure(session, 'setRecharge', { memberId, ...rule })).problem).toBeNull();
      expect(foreseen, `case ${i}: ${JSON.stringify(rule)}`).toEqual(await cameTo(session, memberId, events));
      const kind = `${foreseen.outcome} ${foreseen.reason ?? ''}`.trim();
      seen[kind] = (seen[kind] ?? 0) + 1;
    }
    // The cases are worth something only if every outcome comes up.
    for (const kind of [
      'fires',
      'fires cap_reached',
      'waits reserve',
      'waits master_short',
      'nothing',
      'nothing owner',
    ]) {
      expect(seen, kind).toHaveProperty([kind]);
    }
  }, 60_000);

  it('changes nothing', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team);
    const before = await rowsOf(team);
    const session = await sessionOf(team.ownerKey);
    const rule = { threshold: '5', target: '9' };
    const { data } = await callProcedure(session, 'previewRecharge', { memberId: mem, ...rule });
    expect(data).toEqual({
      outcome: 'fires',
      amount: '9.00',
      reason: null,
      memberAfter: '9.00',
      masterAfter: '991.00',
    });
    await callProcedure(session, 'previewRecharge', { memberId: null, credit: '1', ...rule });
    expect(await rowsOf(team)).toEqual(before);
  });

  it('refuses a rule that saving would refuse', async () => {
    const team = await makeTeam({ fund: '1' });
    const { mem } = await addMember(team);
    await as(team.ownerKey).delete(`/members/${mem}`);
    const session = await sessionOf(team.ownerKey);
    const rule = { threshold: '5', target: '9' };
    const preview = async (input: object) => (await callProcedure(session, 'previewRecharge', input)).problem;
    expect(await preview({ memberId: mem, ...rule })).toMatchObject({ code: 'member_deleted' });
    expect(await preview({ memberId: null, credit: '2', ...rule })).toMatchObject({
      code: 'insufficient_funds',
      balance: 'master',
      required: '2.00',
      available: '1.00',
    });
    expect(await preview({ memberId: null, threshold: '5', target: '4' })).toMatchObject({ code: 'invalid_request' });
    expect(await preview({ memberId: null, threshold: '5', amount: '0' })).toMatchObject({ code: 'invalid_amount' });
  });
});

describe('the preview of messages', () => {
  const ask = async (team: TestTeam, to: string[]) => {
    const input = { onBehalfOf: null, from: 'Acme', body: 'Hello', to };
    const { data, problem } = await callProcedure(await sessionOf(team.ownerKey), 'previewMessages', input);
    expect(problem).toBeNull();
    return data;
  };

  it('lists each number once, however it is written', async () => {
    const { rows, repeated, cost } = await ask(await makeTeam(), ['+44 (0)20 7946 0958', '+442079460958', '0800']);
    expect(rows.map(({ to }: { to: string }) => to)).toEqual(['+442079460958', '0800']);
    expect([repeated, cost]).toEqual([1, '0.01']);
  });

  it('reports a text that is far too long for a number, beside the valid ones', async () => {
    const { rows } = await ask(await makeTeam(), ['+14155550100', 'Not a number. '.repeat(20)]);
    expect(rows.map(({ error }: { error: { code: string } | null }) => error?.code)).toEqual([
      undefined,
      'unroutable_number',
    ]);
  });
});
