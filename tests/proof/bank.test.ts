import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Context } from '@/server/domain/core/context';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { creditMember, debitMember, fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  rotateKey,
  setRole,
} from '@/server/domain/teams/members/write';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import { reportMessages, sendMessage } from '@/server/domain/messaging/messages/write';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, serveWaiting, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import { makeRandom, type Random } from './random';
import { beginProof, PROOF_TIMEOUT_MS, SIZE } from './size';
import { failed, moneyOf, openServices, outcomeOf, through } from './support';

const CLIENTS = 16;
const OPERATIONS = SIZE.bankOperations;
const MEMBERS = 10;
const DESTINATIONS = ['+14155550100', '+447700900123', '+4915112345678'];

/** Refusals that a command may end with here. Anything else, a deadlock first of all, is a fault. */
const REFUSALS = ['insufficient_funds', 'member_deleted', 'member_inactive', 'not_found'];

const services = openServices(CLIENTS);
afterAll(services.close);

/** One team that all clients share: members are created and deleted, and messages fail at any time. */
type Bank = { ctx: Context; members: string[]; messages: string[] };

const money = (random: Random, below: number): bigint => micros(`${random.below(below)}.${1 + random.below(999_998)}`);

function someRule(random: Random) {
  const threshold = String(1 + random.below(20));
  const step = random.below(2) ? { amount: String(1 + random.below(15)) } : { target: String(21 + random.below(40)) };
  const cap = random.below(3) ? null : { amount: '60.00', period: random.pick(['day', 'month'] as const) };
  return rechargeInput.parse({ threshold, ...step, cap, enabled: random.below(8) > 0 });
}

async function newMember(bank: Bank, random: Random): Promise<string> {
  const input = await createMemberInput.parseAsync(random.below(2) ? { credit: '2.50' } : {});
  const { member } = await createMember(bank.ctx, input);
  return member.id;
}

async function send({ ctx, messages }: Bank, random: Random, membership: string): Promise<unknown> {
  const message = { to: random.pick(DESTINATIONS), from: 'Bank', body: 'x'.repeat(1 + random.below(1_500)) };
  const sent = await sendMessage(ctx, { onBehalfOf: membership, message });
  if ('id' in sent) messages.push(sent.id);
  return sent;
}

type Operation = (bank: Bank, random: Random, membership: string) => Promise<unknown>;

/** The clients' operations, weighted by how often they are drawn. */
const OPERATIONS_BY_WEIGHT: [number, string, Operation][] = [
  [40, 'send', send],
  [14, 'credit', ({ ctx }, r, memberId) => creditMember(ctx, { memberId, amount: money(r, 30) })],
  [10, 'debit', ({ ctx }, r, memberId) => debitMember(ctx, { memberId, amount: money(r, 20) })],
  [3, 'debit all', ({ ctx }, _r, memberId) => debitMember(ctx, { memberId, amount: 'all' })],
  [3, 'dry run', ({ ctx }, r, memberId) => creditMember(ctx, { memberId, amount: money(r, 30), dryRun: true })],
  [
    12,
    'fail',
    ({ ctx, messages }, r) => {
      const ids = Array.from({ length: 1 + r.below(5) }, () => r.pick(messages)).filter(Boolean);
      return reportMessages(
        ctx,
        ids.map((id) => (r.below(4) ? failed(id) : { id, status: 'delivered' })),
      );
    },
  ],
  [7, 'set rule', ({ ctx }, r, memberId) => setRecharge(ctx, memberId, someRule(r))],
  [1, 'delete rule', ({ ctx }, _r, memberId) => deleteRecharge(ctx, memberId)],
  [3, 'deactivate', ({ ctx }, _r, memberId) => deactivateMember(ctx, memberId)],
  [5, 'activate', ({ ctx }, _r, memberId) => activateMember(ctx, memberId)],
  [
    5,
    'role',
    ({ ctx }, r, memberId) => setRole(ctx, { memberId, role: r.pick(['owner', 'member', 'member'] as const) }),
  ],
  [1, 'rotate', ({ ctx }, r, memberId) => rotateKey(ctx, { memberId, overlapSeconds: r.below(2) * 60 })],
  [3, 'reserve', ({ ctx }, r) => updateTeam(ctx, { reserve: money(r, 60) })],
  [4, 'fund', ({ ctx }, r) => fundTeam(ctx, { amount: money(r, 60) })],
  [2, 'withdraw', ({ ctx }, r) => withdrawFromTeam(ctx, { amount: money(r, 200) })],
  [5, 'serve waiting', ({ ctx }) => serveWaiting(ctx)],
  [
    3,
    'delete',
    async (bank, r, memberId) => {
      await deleteMember(bank.ctx, memberId);
      const place = bank.members.indexOf(memberId);
      if (place >= 0) bank.members[place] = await newMember(bank, r).catch(() => memberId);
    },
  ],
];

/** Every operation as often as it weighs: the clients draw from such a pack, and begin another when it is empty. */
const PACK = OPERATIONS_BY_WEIGHT.flatMap((operation) => Array.from({ length: operation[0] }, () => operation));

const deadlocks = async (): Promise<number> => {
  const { rows } = await ownerPool().query<{ deadlocks: string }>(
    'SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()',
  );
  return Number(rows[0]!.deadlocks);
};

describe(`a bank of ${CLIENTS} clients and ${OPERATIONS} operations on shared members`, () => {
  let team: TestTeam;
  const ended = new Map<string, Map<string, number>>();
  let deadlocksBefore = 0;
  let done = 0;

  beforeAll(async () => {
    const { seed, random: first, report } = beginProof('S1 bank');
    deadlocksBefore = await deadlocks();
    team = await makeTeam({ fund: '400.00', card: 'country,prefix,price\n,1,0.01\n,44,0.333333\n,49,2.50\n' });
    const bank: Bank = { ctx: through(services, team.operator), members: [], messages: [] };
    for (let i = 0; i < MEMBERS; i += 1) bank.members.push(await newMember(bank, first));
    for (const member of bank.members) await setRecharge(bank.ctx, member, someRule(first));
    let pack: typeof PACK = [];
    await Promise.all(
      Array.from({ length: CLIENTS }, async (_, client) => {
        const random = makeRandom(seed + 1 + client);
        while (done < OPERATIONS) {
          done += 1;
          if (pack.length === 0) pack = first.shuffle(PACK);
          const [, name, operation] = pack.pop()!;
          const outcome = await outcomeOf(operation(bank, random, random.pick(bank.members)));
          const outcomes = ended.get(name) ?? new Map<string, number>();
          ended.set(name, outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1));
        }
      }),
    );
    const figures = [...ended].map(
      ([name, outcomes]) => `${name}: ${[...outcomes].map((pair) => pair.join(' ')).join(', ')}`,
    );
    console.log(`S1 bank\n  ${figures.join('\n  ')}`);
    report(`${done} operations of ${CLIENTS} clients`);
  }, PROOF_TIMEOUT_MS);

  it('ends each operation with success or a listed refusal: no deadlock, no fault', async () => {
    const strange = [...ended].flatMap(([name, outcomes]) =>
      [...outcomes.keys()]
        .filter((code) => code !== 'ok' && !REFUSALS.includes(code))
        .map((code) => `${name}: ${code}`),
    );
    expect(strange).toEqual([]);
    expect(done).toBeGreaterThanOrEqual(OPERATIONS);
    expect((await deadlocks()) - deadlocksBefore).toBe(0);
  });

  it('ran every operation at least once with success', () => {
    const never = OPERATIONS_BY_WEIGHT.map(([, name]) => name).filter((name) => !ended.get(name)?.get('ok'));
    expect(never).toEqual([]);
  });

  it('loses and creates no money: master, members and usage together are what was funded', async () => {
    const { master, members, usage, funding, lowest } = await moneyOf(ownerPool(), team.teamId);
    expect(master + members + usage).toBe(funding);
    expect(funding).toBeGreaterThan(0n);
    expect(lowest).toBe(0n);
  });

  it('leaves books that verify: zero sum, each chain without a gap, each balance the sum of its entries', async () => {
    expect((await verifyLedger(services.database.db)).problems).toEqual([]);
  });

  it('charged each message once and refunded each failed one once: log, daily sums and ledger agree', async () => {
    const { usage } = await moneyOf(ownerPool(), team.teamId);
    const { rows } = await ownerPool().query<{
      log: string;
      days: string;
      odd: string;
      recharged: string;
      counted: string;
    }>(
      `SELECT (SELECT sum(cost) FROM messages WHERE team_id = $1) AS log,
         (SELECT sum(cost) FROM usage_daily WHERE team_id = $1) AS days,
         (SELECT count(*) FROM messages m WHERE team_id = $1
           AND (SELECT count(*) FROM transfers t WHERE t.team_id = $1 AND t.message_id = m.id AND t.kind = 'charge') <> 1
           OR (m.status = 'failed') <> EXISTS (SELECT 1 FROM transfers t WHERE t.team_id = $1 AND t.message_id = m.id AND t.kind = 'refund')
           AND m.team_id = $1) AS odd,
         (SELECT coalesce(sum(amount), 0) FROM transfers WHERE team_id = $1 AND kind = 'recharge') AS recharged,
         (SELECT coalesce(sum(amount), 0) FROM recharge_totals WHERE team_id = $1) AS counted`,
      [team.teamId],
    );
    const { log, days, odd, recharged, counted } = rows[0]!;
    expect({ log: BigInt(log), days: BigInt(days), odd }).toEqual({ log: usage, days: usage, odd: '0' });
    expect(counted).toBe(recharged);
    expect(BigInt(recharged)).toBeGreaterThan(0n);
  });
});
