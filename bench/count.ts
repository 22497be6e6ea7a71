import { ANNOUNCE } from '@/server/domain/core/change-feed';
import { type Context } from '@/server/domain/core/context';
import { creditMember, debitMember } from '@/server/domain/billing/ledger/write';
import { getMember } from '@/server/domain/teams/members/read';
import { createMember, deleteMember, setRole } from '@/server/domain/teams/members/write';
import { sendMessages } from '@/server/domain/messaging/messages/write';
import { setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { watchQueries } from './timing';
import { makeBenchTeam } from './world';
import { inTransaction } from '@/server/domain/core/transaction';

const UNIT = 1_000_000n;
const MESSAGE = { to: '+14155550100', from: 'Bench', body: 'Hello' };

/** Counts the statements that a command sends to the database and waits for. */
export async function countRoundTrips(): Promise<{ name: string; trips: number }[]> {
  const team = await makeBenchTeam(3);
  const [plain, ruled, gone] = team.members as [BenchMember, BenchMember, BenchMember];
  await setRecharge(team.ctx, ruled.id, { enabled: true, threshold: 99_999n * UNIT, target: 100_000n * UNIT });
  const send = (ctx: Context) => sendMessages(ctx, { onBehalfOf: null, messages: [MESSAGE], many: false });
  await send(plain.ctx); // The rate card is cached from now on.
  const drain = () => debitMember(team.ctx, { memberId: ruled.id, amount: 10n * UNIT });
  const cases: Case[] = [
    { name: 'get a member', ctx: team.ctx, work: (ctx) => getMember(ctx, plain.id) },
    { name: 'credit', ctx: team.ctx, work: (ctx) => creditMember(ctx, { memberId: plain.id, amount: UNIT }) },
    withKey({ name: 'credit', ctx: team.ctx, work: (ctx) => creditMember(ctx, { memberId: plain.id, amount: UNIT }) }),
    { name: 'debit all', ctx: team.ctx, work: (ctx) => debitMember(ctx, { memberId: gone.id, amount: 'all' }) },
    { name: 'charge (send a message)', ctx: plain.ctx, work: send },
    withKey({ name: 'charge (send a message)', ctx: plain.ctx, work: send }),
    // A debit does not fire the rule; the next charge does.
    { name: 'charge that fires the rule', ctx: ruled.ctx, work: send, before: drain },
    withKey({ name: 'charge that fires the rule', ctx: ruled.ctx, work: send, before: drain }),
    { name: 'change a role', ctx: team.ctx, work: (ctx) => setRole(ctx, { memberId: plain.id, role: 'owner' }) },
    { name: 'create a member', ctx: team.ctx, work: (ctx) => createMember(ctx, { role: 'member' }) },
    { name: 'delete a member', ctx: team.ctx, work: (ctx) => deleteMember(ctx, gone.id) },
  ];
  const counted = [];
  for (const { name, ctx, work, before } of cases) {
    await before?.();
    counted.push({ name, trips: await countOne(ctx, work) });
  }
  return counted;
}

type BenchMember = Awaited<ReturnType<typeof makeBenchTeam>>['members'][number];
type Case = { name: string; ctx: Context; work: (ctx: Context) => Promise<unknown>; before?: () => Promise<unknown> };

/** Wraps a command like a request with an Idempotency-Key. */
function withKey({ name, ctx, work, before }: Case): Case {
  const key = `count ${name}`;
  return {
    name: `${name}, with an Idempotency-Key`,
    ctx,
    before,
    work: (outside) =>
      inTransaction(outside, key, async (tx) => {
        await work(tx);
        const memberId = tx.actor.type === 'member' ? tx.actor.memberId : '';
        tx.tx.answer = { memberId, key, hash: '00', status: 200, answer: 'sealed', createdId: null };
      }),
  };
}

async function countOne(ctx: Context, work: (ctx: Context) => Promise<unknown>): Promise<number> {
  let trips = 0;
  await watchQueries(
    () => work(ctx),
    // Notifications after a commit, of this command or an earlier one, delay nothing.
    (text) => (trips += text === ANNOUNCE ? 0 : 1),
  );
  return trips;
}
