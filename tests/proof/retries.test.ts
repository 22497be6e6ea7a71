import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { OPERATIONS } from '@/server/operations/all';
import { serveApi, type Api } from '../support/api';
import type { Answer } from '../support/call-api';
import {
  addMember,
  giveSignIn,
  makeTeam,
  micros,
  ownerPool,
  someAddress,
  type TestMember,
  type TestTeam,
} from '../support/team';
import { beginProof, SIZE } from './size';
import { Gate } from './support';

const AT_ONCE = SIZE.retriesAtOnce;
const proof = beginProof('S3 retries');

/** A request whose effect can be counted, on a member of its own. The same key must not take the body `other`. */
type Request = { path: string; body?: object; other: object };

const message = { to: '+14155550100', from: 'Retry', body: 'Hello' };

/** One row for each POST of the API, by its path. A POST without a row fails. */
const ROWS: Record<string, (membership: TestMember, team: TestTeam) => Request | Promise<Request>> = {
  '/members': () => ({ path: '/members', body: { credit: '1.00' }, other: { credit: '2.00' } }),
  '/members/{memberId}/activate': async (membership, team) => {
    await api.call('POST', `/members/${membership.mem}/deactivate`, { key: team.ownerKey });
    return { path: `/members/${membership.mem}/activate`, other: {} };
  },
  '/members/{memberId}/deactivate': (membership) => ({ path: `/members/${membership.mem}/deactivate`, other: {} }),
  '/members/{memberId}/credit': (membership) => ({
    path: `/members/${membership.mem}/credit`,
    body: { amount: '1.00', note: 'once' },
    other: { amount: '1.01', note: 'once' },
  }),
  '/members/{memberId}/debit': (membership) => ({
    path: `/members/${membership.mem}/debit`,
    body: { amount: '1.00' },
    other: { amount: 'all' },
  }),
  '/members/{memberId}/role': (membership) => ({
    path: `/members/${membership.mem}/role`,
    body: { role: 'owner' },
    other: { role: 'member' },
  }),
  '/members/{memberId}/key/rotate': (membership) => ({
    path: `/members/${membership.mem}/key/rotate`,
    body: { overlapSeconds: 60 },
    other: { overlapSeconds: 61 },
  }),
  '/members/{memberId}/password/reset': async (membership) => {
    await giveSignIn(membership.id);
    return { path: `/members/${membership.mem}/password/reset`, other: {} };
  },
  '/members/{memberId}/key/reveal': (membership) => ({ path: `/members/${membership.mem}/key/reveal`, other: {} }),
  '/messages': () => ({ path: '/messages', body: message, other: { ...message, body: 'Bye' } }),
  '/members/{memberId}/restore': async (membership) => {
    await api.call('DELETE', `/members/${membership.mem}`, { key: team.ownerKey });
    return { path: `/members/${membership.mem}/restore`, other: {} };
  },
  '/transfers/{transferId}/reverse': async (membership) => {
    const body = { amount: '2.00' };
    const made = await api.call('POST', `/members/${membership.mem}/credit`, { key: team.ownerKey, body });
    return { path: `/transfers/${made.body.transfer.id}/reverse`, body: { note: 'once' }, other: { note: 'twice' } };
  },
  '/messages/batch': () => ({
    path: '/messages/batch',
    body: { messages: [message, { ...message, to: '+4915112345678', reference: 'second' }] },
    other: { messages: [message] },
  }),
  '/rates/confirm': async () => {
    await ownerPool().query('UPDATE teams SET sample_prices = true WHERE id = $1', [team.teamId]);
    return { path: '/rates/confirm', other: {} };
  },
  '/invitations': () => ({ path: '/invitations', body: { email: someAddress() }, other: { email: someAddress() } }),
  '/invitations/{invitationId}/resend': async () => {
    const body = { email: someAddress() };
    const made = await api.call('POST', '/invitations', { key: team.ownerKey, body });
    return { path: `/invitations/${made.body.id}/resend`, other: {} };
  },
  '/messages/estimate': () => ({ path: '/messages/estimate', body: message, other: { ...message, body: 'Bye' } }),
};

/** The POSTs that change nothing; all others must show their effect. */
const WITHOUT_EFFECT = ['/messages/estimate'];

let api: Api;
let team: TestTeam;

beforeAll(async () => {
  api = await serveApi();
  team = await makeTeam({ fund: '10000.00' });
});
afterAll(() => {
  proof.report(`${posts.length} POSTs, ${AT_ONCE} times at once`);
  return api.close();
});

const posts = OPERATIONS.flatMap(({ method, path }) => (method === 'POST' ? [path] : []));

const COUNTED = ['transfers', 'members', 'api_keys', 'messages', 'audit_events', 'outbox', 'recharge_events'] as const;

/** Counts a team's rows in the tables that a change can write; its balances show an effect too. */
async function footprint(): Promise<Record<string, number>> {
  const counts = COUNTED.map((table) => `(SELECT count(*)::int FROM ${table} WHERE team_id = $1) AS ${table}`);
  const { rows } = await ownerPool().query<Record<string, number>>(
    `SELECT ${counts.join(', ')}, (SELECT sum(version)::int FROM ledger_accounts WHERE team_id = $1) AS movements`,
    [team.teamId],
  );
  return rows[0]!;
}

const storedKeys = async (key: string): Promise<number> =>
  (await ownerPool().query('SELECT 1 FROM idempotency_keys WHERE team_id = $1 AND key = $2', [team.teamId, key]))
    .rowCount ?? 0;

const grownBy = (before: Record<string, number>, after: Record<string, number>) =>
  Object.fromEntries(Object.keys(after).map((name) => [name, after[name]! - before[name]!]));

const post = ({ path, body }: Pick<Request, 'path' | 'body'>, idempotencyKey?: string): Promise<Answer> =>
  api.call('POST', path, { key: team.ownerKey, body, idempotencyKey });

it('has a row for every POST of the API, and none for another', () => {
  expect(Object.keys(ROWS).toSorted()).toEqual(posts.toSorted());
});

describe.each(posts.filter((path) => ROWS[path]))('POST %s', (path) => {
  const prepared = async () => ROWS[path]!(await addMember(team, { credit: '50.00' }), team);

  it(`takes effect once for one Idempotency-Key, sent ${AT_ONCE} times at once and again afterwards`, async () => {
    const plain = await prepared();
    const start = await footprint();
    expect((await post(plain)).status).toBeLessThan(300);
    const once = grownBy(start, await footprint());
    if (!WITHOUT_EFFECT.includes(path)) expect(Object.values(once).some((rows) => rows > 0)).toBe(true);

    const request = await prepared();
    const key = `at once ${path}`;
    const before = await footprint();
    const answers = await Promise.all(Array.from({ length: AT_ONCE }, () => post(request, key)));
    const done = answers.filter((answer) => answer.status < 300);
    const first = done.filter((answer) => !answer.headers.has('idempotent-replayed'));
    const refused = answers.filter((answer) => answer.status >= 300);
    expect(first).toHaveLength(1);
    for (const answer of refused) {
      expect([answer.status, answer.body.code]).toEqual([409, 'idempotency_in_flight']);
      expect(answer.headers.get('retry-after')).toBe('1');
    }
    for (const answer of done) expect([answer.status, answer.text]).toEqual([first[0]!.status, first[0]!.text]);

    for (let i = 0; i < 2; i += 1) {
      const again = await post(request, key);
      expect(again.headers.get('idempotent-replayed')).toBe('true');
      expect([again.status, again.text]).toEqual([first[0]!.status, first[0]!.text]);
    }
    expect(grownBy(before, await footprint())).toEqual(once);
    expect(await storedKeys(key)).toBe(1);
  });

  it('refuses the key for another body or another query, and does nothing', async () => {
    const request = await prepared();
    const key = `mismatch ${path}`;
    expect((await post(request, key)).status).toBeLessThan(300);
    const before = await footprint();
    for (const other of [
      { ...request, body: request.other },
      { ...request, path: `${request.path}?again=1` },
    ]) {
      const answer = await post(other, key);
      expect([answer.status, answer.body.code]).toEqual([422, 'idempotency_mismatch']);
    }
    expect(grownBy(before, await footprint())).toEqual(grownBy(before, before));
  });
});

describe('an Idempotency-Key', () => {
  it('can be used again after a refusal: the same call succeeds once there is money, and then once only', async () => {
    const poor = await makeTeam({ fund: '0' });
    const { mem } = await addMember(poor);
    const ask = (amount: string) =>
      api.call('POST', `/members/${mem}/credit`, {
        key: poor.ownerKey,
        body: { amount },
        idempotencyKey: 'after funding',
      });
    expect((await ask('5.00')).status).toBe(402);
    expect((await ask('5.00')).status).toBe(402);
    await fundTeam(poor.operator, { amount: micros('7.00') });
    const paid = await ask('5.00');
    expect([paid.status, paid.body.balances]).toEqual([201, { master: '2.00', member: '5.00' }]);
    const again = await ask('5.00');
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([201, paid.text, 'true']);
  });

  it('is not used up by a dry run', async () => {
    const { mem } = await addMember(team);
    const path = `/members/${mem}/credit`;
    const dry = await post({ path, body: { amount: '1.00', dryRun: true } }, 'dry');
    expect([dry.status, dry.body.transfer.id]).toEqual([200, null]);
    expect(await storedKeys('dry')).toBe(0);
    expect((await post({ path, body: { amount: '1.00' } }, 'dry')).status).toBe(201);
  });

  it('belongs to its member: another member can use the same key', async () => {
    const [a, b] = [await addMember(team, { credit: '1.00' }), await addMember(team, { credit: '1.00' })];
    const call = { body: message, idempotencyKey: 'shared' };
    const one = await api.call('POST', '/messages', { ...call, key: a.key });
    const two = await api.call('POST', '/messages', { ...call, key: b.key });
    expect([one.status, two.status, two.headers.has('idempotent-replayed')]).toEqual([202, 202, false]);
    expect(one.body.id).not.toBe(two.body.id);
  });

  it('is kept when the client disconnects: a retry gets the answer of the one effect', async () => {
    const membership = await addMember(team);
    for (const after of [0, 1, 2, 4, 8, 16, 32]) {
      const before = await footprint();
      const key = `hung up after ${after}`;
      const aborted = fetch(`${api.url}/members/${membership.mem}/credit`, {
        method: 'POST',
        headers: {
          Authorization: `Bearer ${team.ownerKey}`,
          'Content-Type': 'application/json',
          'Idempotency-Key': key,
        },
        body: JSON.stringify({ amount: '1.00' }),
        signal: AbortSignal.timeout(after),
      });
      await aborted.then((response) => response.text()).catch(() => {});
      let answer: Answer;
      do answer = await post({ path: `/members/${membership.mem}/credit`, body: { amount: '1.00' } }, key);
      while (answer.status === 409);
      expect(answer.status).toBe(201);
      expect(grownBy(before, await footprint())).toMatchObject({ transfers: 1, audit_events: 1 });
    }
  });

  it('moves nothing when the database drops the transaction, and moves once on a retry', async () => {
    const membership = await addMember(team);
    const request = { path: `/members/${membership.mem}/credit`, body: { amount: '3.00' } };
    const before = await footprint();
    const gate = await Gate.close(team, membership.id);
    const broken = post(request, 'dropped');
    await gate.queued(1);
    const boss = new Client({ connectionString: inject('postgres').superUrl });
    await boss.connect();
    await boss.query(
      `SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a JOIN pg_locks l ON l.pid = a.pid
        WHERE NOT l.granted AND a.datname = $1`,
      [new URL(process.env['DATABASE_URL']!).pathname.slice(1)],
    );
    await boss.end();
    const answer = await broken;
    expect([answer.status, answer.body.code]).toEqual([503, 'unavailable']);
    expect(answer.headers.get('retry-after')).toBe('2');
    await gate.open();
    expect(grownBy(before, await footprint())).toEqual(grownBy(before, before));
    expect((await post(request, 'dropped')).status).toBe(201);
    expect(grownBy(before, await footprint())).toMatchObject({ transfers: 1 });
  });

  it('answers the created id once the stored answer is dropped, and never runs again', async () => {
    const membership = await addMember(team);
    const request = { path: `/members/${membership.mem}/credit`, body: { amount: '3.00' } };
    const made = await post(request, 'old');
    await ownerPool().query('UPDATE idempotency_keys SET answer = NULL WHERE team_id = $1 AND key = $2', [
      team.teamId,
      'old',
    ]);
    const before = await footprint();
    const late = await post(request, 'old');
    expect([late.status, late.body.code]).toEqual([409, 'idempotency_expired']);
    expect(late.body.createdId).toBe(made.body.transfer.id);
    expect(grownBy(before, await footprint())).toEqual(grownBy(before, before));
  });

  it('is stored on the transfers of its request, and the answer is stored sealed', async () => {
    const membership = await addMember(team);
    const { body } = await post({ path: `/members/${membership.mem}/key/rotate`, body: {} }, 'sealed');
    const { rows } = await ownerPool().query<{ answer: string }>(
      'SELECT answer FROM idempotency_keys WHERE team_id = $1 AND key = $2',
      [team.teamId, 'sealed'],
    );
    expect(rows[0]!.answer).not.toContain(body.secrets.apiKey);
    await post({ path: `/members/${membership.mem}/credit`, body: { amount: '1.00' } }, 'on the transfer');
    const marked = await ownerPool().query('SELECT 1 FROM transfers WHERE team_id = $1 AND idempotency_key = $2', [
      team.teamId,
      'on the transfer',
    ]);
    expect(marked.rowCount).toBe(1);
  });
});
