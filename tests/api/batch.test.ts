import { describe, expect, it } from 'vitest';
import { reportMessages } from '@/server/domain/messaging/messages/write';
import { parseId } from '@/server/domain/core/ids';
import { addMember, makeTeam, ownerPool } from '../support/team';
import { auditOf, balancesOf, expectProblem, rowsOf, useApi } from '../support/api-client';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const numbered = (count: number) =>
  Array.from({ length: count }, (_, i) => ({
    ...message,
    to: `+1415555${String(i).padStart(4, '0')}`,
    reference: `n${i}`,
  }));

describe('POST /messages/batch', () => {
  it('accepts 1,000 messages in one transaction: a message and a transfer each, in the order given', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team, { credit: '50' });
    const wanted = numbered(1000);
    const answer = await as(key).post('/messages/batch', { messages: wanted });
    expect(answer.status).toBe(202);
    expect([answer.body.cost, answer.body.balance, answer.body.data.length]).toEqual(['10.00', '40.00', 1000]);
    expect(answer.body.data.map(({ reference }: { reference: string }) => reference)).toEqual(
      wanted.map(({ reference }) => reference),
    );
    const ids = answer.body.data.map(({ id }: { id: string }) => id);
    expect(ids).toEqual(ids.toSorted());
    const { rows } = await ownerPool().query(
      `SELECT count(*)::int AS n, min(credit_after) AS usage, min(debit_after)::text AS last, count(DISTINCT message_id)::int AS messages
       FROM transfers WHERE team_id = $1 AND kind = 'charge'`,
      [team.teamId],
    );
    expect(rows[0]).toMatchObject({ n: 1000, messages: 1000, last: '40000000' });
    const page = (await as(key).get('/messages?limit=100')).body;
    expect(page.data.map(({ id }: { id: string }) => id)).toEqual(ids.slice(-100).toReversed());
    expect((await as(team.ownerKey).get(`/members/${mem}`)).body.balance).toBe('40.00');
    const audited = (await auditOf(team)).filter(({ action }) => action.startsWith('messages.'));
    expect(audited).toMatchObject([{ action: 'messages.batch_sent', channel: 'api' }]);
  });

  it('counts as one charge for an auto-recharge rule', async () => {
    const team = await makeTeam();
    const { mem, key } = await addMember(team, { credit: '0.05', recharge: { threshold: '0.02', amount: '0.10' } });
    const answer = await as(key).post('/messages/batch', { messages: numbered(20) });
    expect([answer.status, answer.body.cost, answer.body.balance]).toEqual([202, '0.20', '0.05']);
    const events = (await as(key).get(`/members/${mem}/recharge/events`)).body.data;
    expect(events.map(({ amount }: { amount: string }) => amount)).toEqual(['0.20']);
  });

  it('accepts all messages or none: short balance, unreachable number, missing price', async () => {
    const team = await makeTeam();
    const { key } = await addMember(team, { credit: '0.05' });
    const before = await rowsOf(team);
    const short = expectProblem(await as(key).post('/messages/batch', { messages: numbered(6) }), 'insufficient_funds');
    expect(short).toMatchObject({ balance: 'member', required: '0.06', available: '0.05' });
    const [good] = numbered(1);
    const bad = await as(key).post('/messages/batch', {
      messages: [good, { ...message, to: '12' }, { ...message, to: '+33612345678' }, good, { ...message, to: '+1' }],
    });
    expect(expectProblem(bad, 'unroutable_number').errors).toMatchObject([
      { pointer: '/messages/1/to', code: 'unroutable_number' },
      { pointer: '/messages/2/to', code: 'no_rate' },
      { pointer: '/messages/4/to', code: 'unroutable_number' },
    ]);
    expect(await rowsOf(team)).toEqual(before);
  });

  it('takes 1 to 1,000 messages, each like POST /messages, and points at the invalid ones', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const pointers = async (body: unknown) =>
      expectProblem(await owner.post('/messages/batch', body), 'invalid_request').errors.map(
        ({ pointer }: { pointer: string }) => pointer,
      );
    expect(await pointers({})).toEqual(['/messages']);
    expect(await pointers({ messages: [] })).toEqual(['/messages']);
    expect(await pointers({ messages: numbered(1001) })).toEqual(['/messages']);
    expect(await pointers({ messages: Array.from({ length: 400_000 }, () => 0) })).toEqual(['/messages']);
    expect(await pointers({ messages: [message, { ...message, body: '' }, 7, { ...message, colour: 1 }] })).toEqual([
      '/messages/1/body',
      '/messages/2',
      '/messages/3/colour',
    ]);
    expect(await pointers({ messages: [message], to: message.to })).toEqual(['/to']);
  });

  it('allows a body of 8 MiB, where a single message is limited to 1 MiB', async () => {
    const team = await makeTeam({ fund: '100000.00' });
    const owner = as(team.ownerKey);
    const long = numbered(1000).map((one) => ({ ...one, body: '\u{1F600}'.repeat(1600) }));
    expect(JSON.stringify(long).length).toBeGreaterThan(2 * 1_048_576);
    const { status, body } = await owner.post('/messages/batch', { messages: long });
    expect([status, body.data.length, body.data[0].segments]).toEqual([202, 1000, 49]);
    const more = { messages: [{ ...message, body: 'a'.repeat(9 * 1_048_576) }] };
    expectProblem(await owner.post('/messages/batch', more), 'payload_too_large');
  });

  it('lets an owner send for a member: the member’s balance pays and its log shows it', async () => {
    const team = await makeTeam();
    const { mem } = await addMember(team, { credit: '1' });
    const answer = await as(team.ownerKey).post(
      '/messages/batch',
      { messages: numbered(3) },
      { headers: { Member: mem } },
    );
    expect([answer.body.balance, answer.body.data[0].memberId]).toEqual(['0.97', mem]);
  });

  it('replays the first answer whatever became of the messages, and stores their texts only in the log', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const call = () => owner.post('/messages/batch', { messages: numbered(3) }, { idempotencyKey: 'b' });
    const first = await call();
    const ids = first.body.data.map(({ id }: { id: string }) => parseId('msg', id)!);
    await reportMessages(team.operator, [
      { id: ids[0]!, status: 'sent' },
      { id: ids[1]!, status: 'failed', code: 'undelivered', detail: 'No.' },
    ]);
    await reportMessages(team.operator, [{ id: ids[0]!, status: 'delivered' }]);
    const before = await balancesOf(team);
    const again = await call();
    expect([again.status, again.text, again.headers.get('idempotent-replayed')]).toEqual([202, first.text, 'true']);
    expect(await balancesOf(team)).toEqual(before);
    const { rows } = await ownerPool().query<{ size: number }>(
      'SELECT length(answer) AS size FROM idempotency_keys WHERE team_id = $1',
      [team.teamId],
    );
    expect(rows[0]!.size).toBeLessThan(500);
    await ownerPool().query('UPDATE idempotency_keys SET answer = NULL WHERE team_id = $1', [team.teamId]);
    expect(expectProblem(await call(), 'idempotency_expired').createdId).toBe(first.body.data[0].id);
  });

  it('costs one request of the rate limit, and one more per hundred messages', async () => {
    const team = await makeTeam();
    const left = async (count: number) => {
      const { headers } = await as(team.ownerKey).post('/messages/batch', { messages: numbered(count) });
      return Number(/r=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]);
    };
    // The bucket refills 100 a millisecond: the call's own 1 may be back already, the batch's 10 are not.
    const full = 200_000;
    expect([full - 10, full - 11]).toContain(await left(1000));
  });
});

describe('POST /messages/estimate', () => {
  it('takes a batch like a single message', async () => {
    const team = await makeTeam();
    const { key } = await addMember(team, { credit: '0.05' });
    const many = await as(key).post('/messages/estimate', { messages: numbered(5) });
    expect(many.body).toEqual({ segments: 5, cost: '0.05', covered: true, balanceAfter: '0.00' });
    const more = await as(key).post('/messages/estimate', { messages: numbered(6) });
    expect(more.body).toEqual({ segments: 6, cost: '0.06', covered: false, balanceAfter: null });
    const bad = await as(key).post('/messages/estimate', { messages: [message, { ...message, to: '12' }] });
    expect(expectProblem(bad, 'unroutable_number').errors[0].pointer).toBe('/messages/1/to');
  });

  it('points at the errors of the form that was meant', async () => {
    const team = await makeTeam();
    const pointers = async (body: unknown) =>
      expectProblem(await as(team.ownerKey).post('/messages/estimate', body), 'invalid_request').errors.map(
        ({ pointer }: { pointer: string }) => pointer,
      );
    expect(await pointers({})).toEqual(['/to', '/body']);
    expect(await pointers({ to: 1 })).toEqual(['/to', '/body']);
    expect(await pointers({ messages: [{ to: 1, body: 'x' }] })).toEqual(['/messages/0/to']);
    expect(await pointers({ messages: 'x' })).toEqual(['/messages']);
    expect(await pointers({ ...message, messages: [message] })).toEqual(['/messages']);
    expect(await pointers([])).toEqual(['']);
  });
});
