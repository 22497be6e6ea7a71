import { describe, expect, it } from 'vitest';
import { makeContext } from '@/server/domain/core/context';
import { sendMessages } from '@/server/domain/messaging/messages/write';
import { services } from '@/server/http/services';
import { addMember, makeTeam, ownerPool } from '../support/team';
import { balancesOf, expectProblem, useApi } from '../support/api-client';

const as = useApi();

const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
type Seen = { id: string; to: string; memberId: string };
const ids = (answer: { body: { data: Seen[] } }) => answer.body.data.map(({ id }) => id);

describe('POST /messages', () => {
  it('charges a member’s own balance and queues the message', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const { mem, key } = await addMember(team, { credit: '1.00' });
    const { status, body } = await as(key).post('/messages', {
      to: '+1 (415) 555-0100',
      from: ' Acme ',
      body: 'Hello',
      reference: 'order-7',
    });
    expect(status).toBe(202);
    expect(body).toEqual({
      id: expect.stringMatching(/^msg_[0-9a-z]{26}$/),
      memberId: mem,
      to: '+14155550100',
      from: 'Acme',
      body: 'Hello',
      country: 'US',
      encoding: 'gsm7',
      segments: 1,
      price: '0.01',
      cost: '0.01',
      currency: 'USD',
      status: 'queued',
      error: null,
      reference: 'order-7',
      createdAt: expect.stringMatching(/Z$/),
      sendAt: null,
      sentAt: null,
      deliveredAt: null,
      failedAt: null,
    });
    expect((await as(key).get('/me')).body.balance).toBe('0.99');
    const [charge] = (await as(key).get('/transfers?kind=charge')).body.data;
    expect(charge).toMatchObject({
      kind: 'charge',
      amount: '0.01',
      from: 'member',
      to: 'usage',
      memberId: mem,
      messageId: body.id,
      balanceAfter: { member: '0.99' },
    });
    expect((await as(key).get(`/messages/${body.id}`)).body).toEqual({
      ...body,
      events: [{ status: 'queued', at: body.createdAt, detail: null, carrier: null, carrierRef: null, code: null }],
    });
  });

  it('charges an owner’s message to the master balance, down to 0', async () => {
    const team = await makeTeam({ fund: '0.02' });
    const owner = as(team.ownerKey);
    await owner.patch('/team', { reserve: '1.00' });
    expect((await owner.post('/messages', message)).status).toBe(202);
    expect((await owner.post('/messages', message)).status).toBe(202);
    expect((await owner.get('/me')).body.balance).toBe('0.00');
    const short = expectProblem(await owner.post('/messages', message), 'insufficient_funds');
    expect(short).toMatchObject({ balance: 'master', required: '0.01', available: '0.00' });
  });

  it('spends exactly the balance and not a micro more; a refusal leaves no message and moves nothing', async () => {
    const team = await makeTeam();
    const { key } = await addMember(team, { credit: '0.02' });
    expect((await as(key).post('/messages', { ...message, body: 'a'.repeat(161) })).body).toMatchObject({
      segments: 2,
      cost: '0.02',
    });
    const before = await balancesOf(team);
    const short = expectProblem(await as(key).post('/messages', message), 'insufficient_funds');
    expect(short).toMatchObject({ balance: 'member', required: '0.01', available: '0.00' });
    expect(await balancesOf(team)).toEqual(before);
    expect(ids(await as(key).get('/messages'))).toHaveLength(1);
  });

  it('counts segments like a carrier', async () => {
    const team = await makeTeam();
    const cases: [string, string, number][] = [
      ['a'.repeat(160), 'gsm7', 1],
      ['a'.repeat(161), 'gsm7', 2],
      ['€'.repeat(80), 'gsm7', 1],
      ['€'.repeat(81), 'gsm7', 2],
      ['ж'.repeat(70), 'ucs2', 1],
      ['ж'.repeat(71), 'ucs2', 2],
      ['🙂'.repeat(35), 'ucs2', 1],
      ['🙂'.repeat(36), 'ucs2', 2],
    ];
    for (const [body, encoding, segments] of cases) {
      const sent = await as(team.ownerKey).post('/messages', { ...message, body });
      expect(sent.body).toMatchObject({ encoding, segments, cost: `0.0${segments}`, body });
    }
  });

  it('applies the longest prefix of the card, and refuses a destination without a price', async () => {
    const team = await makeTeam({ card: 'country,prefix,price\n,1,0.01\nCA,1,0.02\n,1415,0.03\nDE,,0.1\n' });
    const price = async (to: string) => (await as(team.ownerKey).post('/messages', { ...message, to })).body.price;
    expect(await price('+14155550100')).toBe('0.03');
    expect(await price('+12125550100')).toBe('0.01');
    expect(await price('+14165550100')).toBe('0.02');
    expect(await price('+4915112345678')).toBe('0.10');
    const refused = expectProblem(
      await as(team.ownerKey).post('/messages', { ...message, to: '+447700900123' }),
      'no_rate',
    );
    expect(refused.errors).toMatchObject([{ pointer: '/to', code: 'no_rate' }]);
  });

  it('refuses an unreachable number', async () => {
    const team = await makeTeam();
    const before = await balancesOf(team);
    for (const to of ['12345', '+1', '4155550100', '+999123456', 'Alice', '+1415555010x', '']) {
      const refused = expectProblem(await as(team.ownerKey).post('/messages', { ...message, to }), 'unroutable_number');
      expect(refused.errors, to).toMatchObject([{ pointer: '/to', code: 'unroutable_number' }]);
    }
    expect(await balancesOf(team)).toEqual(before);
  });

  it('uses the default sender when none is named, and requires one when there is no default', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { from: _, ...unsigned } = message;
    expect(expectProblem(await owner.post('/messages', unsigned), 'invalid_request').errors[0].pointer).toBe('/from');
    await owner.patch('/team', { defaultSender: 'Purser' });
    expect((await owner.post('/messages', unsigned)).body.from).toBe('Purser');
    expect((await owner.post('/messages', message)).body.from).toBe('Acme');
    await owner.patch('/team', { defaultSender: null });
    expectProblem(await owner.post('/messages', unsigned), 'invalid_request');
  });

  it('points at each invalid field', async () => {
    const owner = as((await makeTeam()).ownerKey);
    const cases: [object, string][] = [
      [{ ...message, from: 'TwelveLetters' }, '/from'],
      [{ ...message, from: '12' }, '/from'],
      [{ ...message, from: 'Ümlaut' }, '/from'],
      [{ ...message, body: '' }, '/body'],
      [{ ...message, body: 'a'.repeat(1601) }, '/body'],
      [{ ...message, reference: 'r'.repeat(256) }, '/reference'],
      [{ ...message, reference: '' }, '/reference'],
      [{ ...message, to: 14155550100 }, '/to'],
      [{ ...message, sendAt: '2030-01-01T00:00:00Z' }, '/sendAt'],
      [{ to: message.to, from: message.from }, '/body'],
    ];
    for (const [body, pointer] of cases) {
      expect(
        expectProblem(await owner.post('/messages', body), 'invalid_request').errors.map(
          (e: { pointer: string }) => e.pointer,
        ),
      ).toEqual([pointer]);
    }
    expect(
      (await owner.post('/messages', { ...message, body: 'a'.repeat(1600), reference: 'r'.repeat(255) })).status,
    ).toBe(202);
  });

  it('lets an owner send for a member, whose balance pays and whose log shows it', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const [member, boss] = [
      await addMember(team, { credit: '1.00' }),
      await addMember(team, { role: 'owner', credit: '2.00' }),
    ];
    const owner = as(team.ownerKey);
    const sent = await owner.post('/messages', message, { headers: { Member: member.mem } });
    expect(sent.body.memberId).toBe(member.mem);
    expect((await as(member.key).get('/me')).body.balance).toBe('0.99');
    expect(ids(await as(member.key).get('/messages'))).toEqual([sent.body.id]);
    const [charge] = (await as(member.key).get('/transfers?kind=charge')).body.data;
    expect(charge.actor).toEqual({ type: 'key', id: null, name: (await owner.get('/me')).body.team.name });
    await owner.post('/messages', message, { headers: { Member: boss.mem } });
    expect((await owner.get('/me')).body.balance).toBe('96.99');
    expect((await owner.get(`/members/${boss.mem}`)).body.balance).toBe('2.00');
  });

  it('takes the Member header from an owner, for an active member of the team, on sending only', async () => {
    const team = await makeTeam();
    const [member, idle, gone] = [
      await addMember(team, { credit: '1.00' }),
      await addMember(team),
      await addMember(team),
    ];
    const owner = as(team.ownerKey);
    await owner.post(`/members/${idle.mem}/deactivate`);
    await owner.delete(`/members/${gone.mem}`);
    const send = (mem: string, key = team.ownerKey) => as(key).post('/messages', message, { headers: { Member: mem } });
    expectProblem(await send(idle.mem), 'member_inactive');
    expectProblem(await send(gone.mem), 'member_deleted');
    expectProblem(await send('mem_nonsense'), 'not_found');
    expectProblem(await send(member.mem, member.key), 'owner_required');
    for (const [method, path] of [
      ['GET', '/me'],
      ['GET', '/messages'],
      ['POST', `/members/${member.mem}/credit`],
    ] as const) {
      const body = method === 'POST' ? { amount: '1' } : undefined;
      const refused = expectProblem(
        await owner.call(method, path, { body, headers: { Member: member.mem } }),
        'invalid_request',
      );
      expect(refused.errors[0].pointer).toBe('Member');
    }
  });

  it('refuses to send for a suspended team, which can still read', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    await owner.post('/messages', message);
    await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
    expectProblem(await owner.post('/messages', message), 'team_suspended');
    expectProblem(await owner.post('/messages/estimate', message), 'team_suspended');
    expect(ids(await owner.get('/messages'))).toHaveLength(1);
  });
});

describe('POST /messages/estimate', () => {
  it('answers what a send would cost and leave, and changes nothing', async () => {
    const team = await makeTeam({ fund: '100.00' });
    const member = await addMember(team, { credit: '0.05' });
    const before = await balancesOf(team);
    const own = await as(member.key).post('/messages/estimate', { ...message, body: 'a'.repeat(161) });
    expect([own.status, own.body]).toEqual([200, { segments: 2, cost: '0.02', covered: true, balanceAfter: '0.03' }]);
    const expensive = await as(member.key).post('/messages/estimate', { ...message, to: '+4915112345678' });
    expect(expensive.body).toEqual({ segments: 1, cost: '0.10', covered: false, balanceAfter: null });
    const forIt = await as(team.ownerKey).post('/messages/estimate', message, { headers: { Member: member.mem } });
    expect(forIt.body.balanceAfter).toBe('0.04');
    expect((await as(team.ownerKey).post('/messages/estimate', message)).body.balanceAfter).toBe('99.94');
    expect(await balancesOf(team)).toEqual(before);
  });

  it('includes the auto-recharge, exactly as the send then does', async () => {
    const team = await makeTeam({ fund: '20.00', card: 'country,prefix,price\n,1,1.00\n' });
    const covered = await addMember(team, { credit: '5.00', recharge: { threshold: '5', target: '8' } });
    const capped = await addMember(team, {
      credit: '5.00',
      recharge: { threshold: '5', target: '8', cap: { amount: '1', period: 'day' } },
    });
    const body = 'a'.repeat(153 * 7);
    const estimate = await as(covered.key).post('/messages/estimate', { ...message, body });
    expect(estimate.body).toEqual({ segments: 7, cost: '7.00', covered: true, balanceAfter: '8.00' });
    expect((await as(capped.key).post('/messages/estimate', { ...message, body })).body).toMatchObject({
      covered: false,
      balanceAfter: null,
    });
    expect((await as(covered.key).get('/me')).body.balance).toBe('5.00');
    await as(covered.key).post('/messages', { ...message, body });
    expect((await as(covered.key).get('/me')).body.balance).toBe(estimate.body.balanceAfter);
    expectProblem(await as(capped.key).post('/messages', { ...message, body }), 'insufficient_funds');
    await as(team.ownerKey).patch('/team', { reserve: '1000' });
    expect(
      (await as(covered.key).post('/messages/estimate', { ...message, body: 'a'.repeat(153 * 9) })).body.covered,
    ).toBe(false);
  });

  it('refuses what a send would refuse', async () => {
    const team = await makeTeam();
    expectProblem(await as(team.ownerKey).post('/messages/estimate', { ...message, to: '12' }), 'unroutable_number');
    expectProblem(await as(team.ownerKey).post('/messages/estimate', { ...message, to: '+33612345678' }), 'no_rate');
  });
});

describe('GET /messages', () => {
  it('pages across months without messages, whatever the page size and the range', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { id } = await addMember(team, { credit: '5' });
    const days = [200, 199, 100, 99, 98, 31, 30, 1, 0];
    for (const ago of days) {
      const at = new Date(Date.now() - ago * 86_400_000);
      const messages = [{ to: '+14155550100', from: 'Acme', body: 'Hello', reference: `${ago} days ago` }];
      await sendMessages(makeContext(services(), team.operator.actor, { at }), {
        onBehalfOf: id,
        messages,
        many: true,
      });
    }
    const newestFirst = days.toReversed().map((ago) => `${ago} days ago`);
    const references = (data: { reference: string }[]) => data.map(({ reference }) => reference);
    for (const limit of [1, 2, 4, 100]) {
      const seen: string[] = [];
      for (let cursor: string | null = ''; cursor !== null;) {
        const { body } = await owner.get(`/messages?limit=${limit}${cursor && `&cursor=${cursor}`}`);
        seen.push(...references(body.data));
        cursor = body.nextCursor;
      }
      expect(seen, `limit ${limit}`).toEqual(newestFirst);
    }
    const day = (ago: number) => new Date(Date.now() - ago * 86_400_000 - 60_000).toISOString();
    const between = (await owner.get(`/messages?from=${day(199)}&to=${day(31)}`)).body.data;
    expect(references(between)).toEqual(['98 days ago', '99 days ago', '100 days ago', '199 days ago']);
    for (const long of ['1900-01-01', '0000-01-01', '0001-01-01T00:00:00Z']) {
      expect((await owner.get(`/messages?from=${long}&limit=100`)).body.data).toHaveLength(days.length);
      expect((await owner.get(`/messages?to=${long}`)).body.data).toEqual([]);
    }
    const csv = await owner.get('/messages.csv');
    expect(csv.text.trim().split('\r\n')).toHaveLength(1 + days.length);
  });

  it('lists the newest first, page by page, each message once, while new ones arrive', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const sent: string[] = [];
    for (let i = 0; i < 5; i++) sent.push((await owner.post('/messages', message)).body.id);
    const first = await owner.get('/messages?limit=2');
    await owner.post('/messages', message);
    const second = await owner.get(`/messages?limit=2&cursor=${first.body.nextCursor}`);
    const third = await owner.get(`/messages?limit=2&cursor=${second.body.nextCursor}`);
    expect([...ids(first), ...ids(second), ...ids(third)]).toEqual(sent.toReversed());
    expect(third.body.nextCursor).toBe(null);
  });

  it('filters by member, country, recipient, reference, status and time', async () => {
    const team = await makeTeam();
    const [one, two] = [await addMember(team, { credit: '5' }), await addMember(team, { credit: '5' })];
    const owner = as(team.ownerKey);
    const us = (await as(one.key).post('/messages', { ...message, reference: 'a/b c' })).body;
    const de = (await as(two.key).post('/messages', { ...message, to: '+4915112345678' })).body;
    const own = (await owner.post('/messages', { ...message, to: '+14165550199' })).body;
    const list = async (query: string) => ids(await owner.get(`/messages?${query}`));
    expect(await list(`memberId=${one.mem}`)).toEqual([us.id]);
    expect(await list(`memberId=${one.mem}&memberId=${two.mem}`)).toEqual([de.id, us.id]);
    expect(await list('country=de')).toEqual([de.id]);
    expect(await list(`recipient=${encodeURIComponent('+14155550100')}`)).toEqual([us.id]);
    expect(await list(`recipient=${encodeURIComponent('+1')}`)).toEqual([own.id, us.id]);
    expect(await list(`reference=${encodeURIComponent('a/b c')}`)).toEqual([us.id]);
    expect(await list('status=queued')).toEqual([own.id, de.id, us.id]);
    expect(await list('status=delivered')).toEqual([]);
    expect(await list(`from=${de.createdAt}`)).toEqual([own.id, de.id]);
    expect(await list(`to=${de.createdAt}`)).toEqual([us.id]);
    expect(await list(`from=${encodeURIComponent('2020-01-01T00:00:00+02:00')}&to=2020-01-02`)).toEqual([]);
    for (const bad of [
      'status=lost',
      'country=usa',
      'recipient=4155',
      'recipient=%2B1415555x',
      'from=yesterday',
      'to=2026-13-01',
      'body=Hello',
    ]) {
      expectProblem(await owner.get(`/messages?${bad}`), 'invalid_request');
    }
  });

  it('binds its cursor to every filter', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { mem } = await addMember(team);
    await owner.post('/messages', message);
    await owner.post('/messages', message);
    const { nextCursor } = (await owner.get('/messages?limit=1')).body;
    for (const filter of [
      `memberId=${mem}`,
      'status=queued',
      'country=US',
      'recipient=%2B1',
      'reference=x',
      'from=2020-01-01',
      'to=2030-01-01',
    ]) {
      expectProblem(await owner.get(`/messages?${filter}&cursor=${nextCursor}`), 'invalid_cursor');
    }
    expect((await owner.get(`/messages?limit=100&cursor=${nextCursor}`)).body.data).toHaveLength(1);
  });

  it('shows a member only its own log', async () => {
    const team = await makeTeam();
    const [one, two] = [await addMember(team, { credit: '1' }), await addMember(team, { credit: '1' })];
    const mine = (await as(one.key).post('/messages', message)).body;
    const theirs = (await as(two.key).post('/messages', message)).body;
    await as(team.ownerKey).post('/messages', message);
    expect(ids(await as(one.key).get('/messages'))).toEqual([mine.id]);
    expect(ids(await as(one.key).get(`/messages?memberId=${two.mem}`))).toEqual([]);
    expectProblem(await as(one.key).get(`/messages/${theirs.id}`), 'not_found');
    expect((await as(team.ownerKey).get(`/messages/${theirs.id}`)).status).toBe(200);
    const page = (await as(team.ownerKey).get('/messages?limit=1')).body;
    expectProblem(await as(one.key).get(`/messages?limit=1&cursor=${page.nextCursor}`), 'invalid_cursor');
  });
});
