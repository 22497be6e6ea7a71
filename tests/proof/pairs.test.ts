import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { makeContext, type Context } from '@/server/domain/core/context';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { newUuid7 } from '@/server/domain/core/ids';
import { endKey } from '@/server/domain/teams/api-keys/write';
import {
  creditMember,
  debitMember,
  fundTeam,
  reverseTransfer,
  withdrawFromTeam,
} from '@/server/domain/billing/ledger/write';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  restoreMember,
  rotateKey,
  setRole,
  updateMember,
} from '@/server/domain/teams/members/write';
import { reportMessages, sendBatch, sendMessage } from '@/server/domain/messaging/messages/write';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, serveWaiting, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { makeTeam, micros, ownerPool, type TestTeam } from '../support/team';
import { beginProof, drawShare, PROOF_TIMEOUT_MS, SIZE } from './size';
import { failed, inLine, openServices, outcomeOf, takeWake, through } from './support';

const LANES = 3;
const services = openServices(LANES * 3);
afterAll(services.close);

/**
 * The state of the member when the two commands meet: a rule that fires below 8.00 and fills up to 50.00, a master
 * balance of 100.00.
 */
type State = 'active' | 'waiting' | 'inactive' | 'owner' | 'deleted';

type Meeting = {
  team: TestTeam;
  owner: Context;
  operator: Context;
  member: Context;
  memberId: string;
  messageId: string;
  keyId: string;
  /** The id of a credit of 3.00 to the member. */
  creditId: string;
};

const emailOf = (memberId: string) => `${memberId}@example.test`;

const cheap = { to: '+14155550100', from: 'Pair', body: 'Hello' };
const expensive = { to: '+4915112345678', from: 'Pair', body: 'Hello' };
const otherRule = rechargeInput.parse({ threshold: '20.00', amount: '15.00', cap: { amount: '30.00', period: 'day' } });

/** Every command that moves money or changes a member. */
const COMMANDS: Record<string, (m: Meeting) => Promise<unknown>> = {
  'credit 30': (m) => creditMember(m.owner, { memberId: m.memberId, amount: micros('30') }),
  'credit 1': (m) => creditMember(m.owner, { memberId: m.memberId, amount: micros('1') }),
  'debit 4': (m) => debitMember(m.owner, { memberId: m.memberId, amount: micros('4') }),
  'debit all': (m) => debitMember(m.owner, { memberId: m.memberId, amount: 'all' }),
  send: (m) => sendMessage(m.member, { onBehalfOf: null, message: expensive }),
  'send batch': (m) => sendBatch(m.member, { onBehalfOf: null, messages: [cheap, cheap] }),
  'owner sends': (m) => sendMessage(m.owner, { onBehalfOf: null, message: expensive }),
  'reverse credit': (m) => reverseTransfer(m.owner, { transferId: m.creditId }),
  'set rule': (m) => setRecharge(m.owner, m.memberId, otherRule),
  'delete rule': (m) => deleteRecharge(m.owner, m.memberId),
  activate: (m) => activateMember(m.owner, m.memberId),
  deactivate: (m) => deactivateMember(m.owner, m.memberId),
  delete: (m) => deleteMember(m.owner, m.memberId),
  restore: (m) => restoreMember(m.owner, m.memberId),
  'new email': (m) => updateMember(m.owner, { memberId: m.memberId, email: `new-${emailOf(m.memberId)}` }),
  'email taken': (m) =>
    createMember(m.owner, { name: 'Taker', email: emailOf(m.memberId), role: 'member', metadata: {} }),
  'role owner': (m) => setRole(m.owner, { memberId: m.memberId, role: 'owner' }),
  'role member': (m) => setRole(m.owner, { memberId: m.memberId, role: 'member' }),
  'rotate key': (m) => rotateKey(m.owner, { memberId: m.memberId, overlapSeconds: 0 }),
  'end key': (m) => endKey(m.owner, m.keyId),
  'raise reserve': (m) => updateTeam(m.owner, { reserve: micros('95') }),
  'lower reserve': (m) => updateTeam(m.owner, { reserve: 0n }),
  fund: (m) => fundTeam(m.operator, { amount: micros('50') }),
  withdraw: (m) => withdrawFromTeam(m.operator, { amount: micros('60') }),
  'report failed': (m) => reportMessages(m.operator, [failed(m.messageId)]),
  'serve waiting': (m) => serveWaiting(m.operator),
};
const NAMES = Object.keys(COMMANDS);

/** Commands that do not affect a waiting rule. */
const IDLE_WHEN_WAITING =
  /^(owner sends|activate|role member|rotate key|end key|raise reserve|credit 30|restore|new email)$/;

/** Commands that affect the creation of another member with the same address. */
const ABOUT_EMAIL = ['email taken', 'new email', 'delete', 'restore'];

const MEETINGS = (['active', 'waiting', 'inactive', 'owner', 'deleted'] as State[]).flatMap((state) =>
  NAMES.flatMap((left, i) =>
    NAMES.slice(i)
      .filter((right) => meets(state, left, right))
      .map((right) => ({ state, left, right })),
  ),
);

function meets(state: State, ...pair: string[]): boolean {
  if (pair.includes('email taken')) {
    return (state === 'active' || state === 'deleted') && pair.every((name) => ABOUT_EMAIL.includes(name));
  }
  if (state === 'deleted') return pair.includes('restore');
  if (state === 'waiting') return !pair.some((name) => IDLE_WHEN_WAITING.test(name));
  if (state === 'inactive') return pair.includes('activate');
  if (state === 'owner') return pair.some((name) => name.startsWith('role'));
  return true;
}

/** The results of several statements in one message, of which only the last is read. */
const seen = z.array(
  z.object({
    rows: z.array(z.object({ master: z.string(), message: z.string(), credit: z.string() }).loose()).catch([]),
  }),
);

/** Creates a new member in a team and brings the master balance to exactly 100.00, in one round trip. */
async function arrange(team: TestTeam, state: State): Promise<Meeting> {
  const [memberId, keyId] = [newUuid7(), newUuid7()];
  const [t, m] = [team.teamId, memberId];
  const by = `'{"actorType": "operator", "actorName": "Pairs"}'`;
  const message = { ...cheap, country: 'US', encoding: 'gsm7', segments: 1, price: '2000000', cost: '2000000' };
  const set = {
    active: '',
    waiting: `UPDATE recharge_rules SET waiting_since = now(), reason = 'reserve' WHERE team_id = '${t}' AND member_id = '${m}';
      SELECT ledger_set_reserve('${t}', 90000000);`,
    inactive: `UPDATE members SET status = 'inactive' WHERE team_id = '${t}' AND id = '${m}';`,
    owner: `UPDATE members SET role = 'owner' WHERE team_id = '${t}' AND id = '${m}';`,
    deleted: `SELECT ledger_post('${t}', 'closing', '${m}', NULL, ${by}, NULL);
      UPDATE recharge_rules SET enabled = false WHERE team_id = '${t}' AND member_id = '${m}';
      UPDATE api_keys SET revoked_at = now() WHERE team_id = '${t}' AND member_id = '${m}';
      UPDATE members SET status = 'deleted', deleted_at = now() WHERE team_id = '${t}' AND id = '${m}';`,
  }[state];
  const balance = state === 'active' ? 10 : 4;
  const before = state === 'deleted' ? 102 : 102 + balance;
  const results: unknown = await ownerPool().query(
    `DELETE FROM outbox WHERE team_id = '${t}';
     UPDATE recharge_rules SET enabled = false, waiting_since = NULL, reason = NULL WHERE team_id = '${t}';
     INSERT INTO members (team_id, id, name, email, role) VALUES ('${t}', '${m}', 'Pair', '${emailOf(m)}', 'member');
     SELECT ledger_open_member('${t}', '${m}');
     INSERT INTO api_keys (team_id, id, member_id, digest, prefix, last4, sealed)
       VALUES ('${t}', '${keyId}', '${m}', '\\x${keyId.replaceAll('-', '')}', 'sk_', 'last', 'nothing');
     DO $$ DECLARE missing bigint; BEGIN
       SELECT ${before} * 1000000 - balance INTO missing FROM ledger_accounts WHERE team_id = '${t}' AND id = '${t}';
       IF missing > 0 THEN PERFORM ledger_post('${t}', 'funding', NULL, missing, ${by}, NULL); END IF;
       IF missing < 0 THEN PERFORM ledger_post('${t}', 'withdrawal', NULL, -missing, ${by}, NULL); END IF;
     END $$;
     SELECT ledger_set_reserve('${t}', 20000000);
     SELECT ledger_post('${t}', 'credit', '${m}', 3000000, ${by}, NULL);
     SELECT ledger_post('${t}', 'credit', '${m}', ${balance - 1} * 1000000, ${by}, NULL);
     INSERT INTO recharge_rules (team_id, member_id, enabled, threshold, target) VALUES ('${t}', '${m}', true, 0, 50000000);
     SELECT messages_accept('${t}', '${m}', '${JSON.stringify([message])}', ${by}, NULL) AS said;
     UPDATE recharge_rules SET threshold = 8000000 WHERE team_id = '${t}' AND member_id = '${m}';
     ${set}
     SELECT (SELECT balance FROM ledger_accounts WHERE team_id = '${t}' AND id = '${t}') AS master,
       (SELECT id FROM messages WHERE team_id = '${t}' AND member_id = '${m}') AS message,
       (SELECT id FROM transfers WHERE team_id = '${t}' AND member_id = '${m}' AND kind = 'credit' ORDER BY id LIMIT 1) AS credit`,
  );
  const { master, message: messageId, credit: creditId } = seen.parse(results).at(-1)!.rows[0]!;
  if (master !== '100000000') throw new Error(`The master was to hold 100.00 and holds ${master} micros.`);
  const { actor } = team.owner;
  if (actor.type !== 'member') throw new Error('The first owner is a member.');
  const credential = { type: 'user', id: newUuid7() } as const;
  const member = makeContext(services, { ...actor, memberId, role: 'member', name: 'Pair', credential });
  return {
    team,
    owner: through(services, team.owner),
    operator: through(services, team.operator),
    member,
    memberId,
    messageId,
    keyId,
    creditId,
  };
}

/** Reads everything that the two commands can have changed, without ids and times. */
async function look({ team, memberId, messageId }: Meeting): Promise<unknown> {
  const { rows } = await ownerPool().query(
    `SELECT m.balance AS master, m.reserve, a.balance, a.closed_at IS NOT NULL AS closed, s.role, s.status,
       (SELECT jsonb_build_object('on', r.enabled, 'threshold', r.threshold, 'waits', r.waiting_since IS NOT NULL, 'reason', r.reason)
         FROM recharge_rules r WHERE r.team_id = $1 AND r.member_id = $2) AS rule,
       (SELECT count(*)::int FROM api_keys k WHERE k.team_id = $1 AND k.member_id = $2 AND k.revoked_at IS NULL) AS keys,
       (SELECT count(*)::int FROM api_keys k WHERE k.team_id = $1 AND k.member_id = $2) AS keys_made, s.email = $4 AS same_email,
       (SELECT count(*)::int FROM members o WHERE o.team_id = $1 AND o.email = $4 AND o.status <> 'deleted') AS with_email,
       (SELECT jsonb_object_agg(kind, n) FROM (SELECT kind, sum(amount)::text AS n FROM transfers
         WHERE team_id = $1 AND member_id = $2 GROUP BY kind) t) AS moved,
       (SELECT status FROM messages WHERE team_id = $1 AND id = $3) AS message
     FROM ledger_accounts m JOIN ledger_accounts a ON a.team_id = $1 AND a.id = $2 JOIN members s ON s.team_id = $1 AND s.id = $2
     WHERE m.team_id = $1 AND m.id = $1`,
    [team.teamId, memberId, messageId, emailOf(memberId)],
  );
  return rows[0];
}

/** Returns both outcomes, the state, and the state after the worker has served the waiting rules. */
async function ending(meeting: Meeting, outcomes: string[]): Promise<string> {
  const there = await look(meeting);
  while (await takeWake(ownerPool(), meeting.team.teamId)) await serveWaiting(meeting.operator);
  return JSON.stringify({ outcomes, there, served: await look(meeting) }, null, 1);
}

/**
 * Treats the two reasons alike when the job took part: it is not one transaction, so it may begin while the master
 * could pay and find it short a moment later. Both reasons mean that the rule waits for the master balance.
 */
const forgiving = (pair: string[], end: string): string =>
  pair.includes('serve waiting') ? end.replaceAll('"reason": "reserve"', '"reason": "master_short"') : end;

async function inOrder(
  team: TestTeam,
  state: State,
  first: string,
  second: string,
): Promise<{ meeting: Meeting; outcomes: string[] }> {
  const meeting = await arrange(team, state);
  return {
    meeting,
    outcomes: [await outcomeOf(COMMANDS[first]!(meeting)), await outcomeOf(COMMANDS[second]!(meeting))],
  };
}

/** Runs both orders, one command after the other: the only two ways in which the race may end. */
async function orders(team: TestTeam, state: State, left: string, right: string): Promise<string[]> {
  const there = await inOrder(team, state, left, right);
  const ends = [await ending(there.meeting, there.outcomes)];
  const back = await inOrder(team, state, right, left);
  ends.push(await ending(back.meeting, back.outcomes.toReversed()));
  return ends;
}

type Way = (m: Meeting, left: string, right: string) => Promise<string[]>;

/** The ways to start the two commands: together, or queued on the master's or the member's lock. */
const WAYS: Way[] = [
  (m, left, right) => Promise.all([outcomeOf(COMMANDS[left]!(m)), outcomeOf(COMMANDS[right]!(m))]),
  (m, left, right) => inLine(m.team, [m.team.teamId], [() => COMMANDS[left]!(m), () => COMMANDS[right]!(m)]),
  async (m, left, right) =>
    (await inLine(m.team, [m.memberId], [() => COMMANDS[right]!(m), () => COMMANDS[left]!(m)])).toReversed(),
];

describe('every two commands on one member, run concurrently', () => {
  const wrong: string[] = [];
  let races = 0;
  let meetings = 0;

  beforeAll(async () => {
    const teams = await Promise.all(
      Array.from({ length: LANES }, () =>
        makeTeam({ fund: '100.00', card: 'country,prefix,price\n,1,2.00\n,49,5.00\n' }),
      ),
    );
    const { random, report } = beginProof('S8 pairs');
    const waiting = drawShare(random, MEETINGS, SIZE.pairsShare, ({ state, left, right }) => [state, left, right]);
    meetings = waiting.length;
    await Promise.all(
      teams.map(async (team) => {
        for (let next = waiting.pop(); next; next = waiting.pop()) {
          const { state, left, right } = next;
          const allowed = (await orders(team, state, left, right)).map((end) => forgiving([left, right], end));
          const first = random.below(WAYS.length);
          for (let i = first; i < first + SIZE.pairsRaces; i += 1) {
            const meeting = await arrange(team, state);
            const outcomes = await WAYS[i % WAYS.length]!(meeting, left, right);
            const end = forgiving([left, right], await ending(meeting, outcomes));
            races += 1;
            if (!allowed.includes(end) || outcomes.some((word) => word.startsWith('FAULT'))) {
              wrong.push(
                `${state}: ${left} | ${right}, way ${i % WAYS.length}\n${end}\nmay be\n${[...new Set(allowed)].join('\nor\n')}`,
              );
            }
          }
        }
      }),
    );
    report(`${races} races of ${meetings} pairs`);
  }, PROOF_TIMEOUT_MS);

  it('end like one of the two orders: answers, balances, member, rule and waiting', () => {
    expect(wrong.length, wrong.slice(0, 5).join('\n\n')).toBe(0);
    expect(races).toBe(meetings * SIZE.pairsRaces);
  });

  it('leave books that verify', async () => {
    expect((await verifyLedger(services.database.db)).problems).toEqual([]);
  });
});
