import { afterEach, describe, expect, it } from 'vitest';
import { claimQueued, takeReports } from '@/server/domain/messaging/hand-over/write';
import { reportMessages, type Report } from '@/server/domain/messaging/messages/write';
import { parseId } from '@/server/domain/core/ids';
import { services } from '@/server/http/services';
import { systemContext } from '@/server/domain/core/context';
import { expireMessages } from '@/server/jobs/dispatch';
import type { Carrier } from '@/server/outbound/carriers/carrier';
import { makeSandbox } from '@/server/outbound/carriers/sandbox';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../support/team';
import { useApi } from '../support/api-client';
import { dispatchTo, stubCarrier } from '../support/carriers';

const as = useApi();

const carriers: Carrier[] = [];
afterEach(async () => {
  for (const carrier of carriers.splice(0)) await carrier.close();
});

/** Creates the carrier of the demo, wired as in the worker. */
function sandbox(): Carrier {
  const carrier = makeSandbox('sandbox', { report: (reports) => takeReports(services(), 'sandbox', reports) });
  carriers.push(carrier);
  return carrier;
}

const send = async ({ key }: Pick<TestMember, 'key'>, to: string) =>
  (await as(key).post('/messages', { to, from: 'Acme', body: 'Hello' })).body;
const read = async (team: TestTeam, id: string) => (await as(team.ownerKey).get(`/messages/${id}`)).body;
const statusOf = async (team: TestTeam, id: string): Promise<string> => (await read(team, id)).status;
const refundsOf = async (team: TestTeam) => (await as(team.ownerKey).get('/transfers?kind=refund')).body.data;
const report = (team: TestTeam, ...reports: (Omit<Report, 'id'> & { id: string })[]) =>
  reportMessages(
    systemContext(services(), team.teamId),
    reports.map((one) => ({ ...one, id: parseId('msg', one.id)! })),
  );
const endClaims = (team: TestTeam) =>
  ownerPool().query("UPDATE messages SET claimed_until = now() - interval '1 second' WHERE team_id = $1", [
    team.teamId,
  ]);
const FAILED = { status: 'failed', code: 'undelivered', detail: 'No such subscriber.' } as const;

describe('the sandbox carrier', () => {
  it('delivers, and records the time of each step', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const { id } = await send(member, '+14155550100');
    expect(await dispatchTo(services(), sandbox(), team.teamId)).toBe(1);
    expect(await statusOf(team, id)).toBe('sent');
    await expect.poll(() => statusOf(team, id), { timeout: 60_000 }).toBe('delivered');
    const message = await read(team, id);
    expect(message.events.map(({ status }: { status: string }) => status)).toEqual(['queued', 'sent', 'delivered']);
    expect([message.createdAt, message.sentAt, message.deliveredAt]).toEqual(
      message.events.map(({ at }: { at: string }) => at),
    );
    expect(message).toMatchObject({ error: null, failedAt: null, cost: '0.01' });
    expect((await as(member.key).get('/me')).body.balance).toBe('0.99');
    expect(await dispatchTo(services(), sandbox(), team.teamId)).toBe(0);
  });

  it('fails a number that ends in 0001, and the message is refunded whole, once', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const { id } = await send(member, '+14155550001');
    await dispatchTo(services(), sandbox(), team.teamId);
    await expect.poll(() => statusOf(team, id), { timeout: 60_000 }).toBe('failed');
    const message = await read(team, id);
    expect(message).toMatchObject({
      cost: '0.00',
      error: { code: 'undelivered', detail: expect.stringMatching(/\S/) },
      deliveredAt: null,
    });
    expect(message.events.at(-1)).toMatchObject({
      status: 'failed',
      at: message.failedAt,
      detail: message.error.detail,
    });
    expect(await report(team, { id, ...FAILED }, { id, status: 'delivered' })).toEqual([]);
    const [refund, ...more] = await refundsOf(team);
    expect(more).toEqual([]);
    expect(refund).toMatchObject({
      amount: '0.01',
      from: 'usage',
      to: 'member',
      memberId: member.mem,
      messageId: id,
      balanceAfter: { member: '1.00' },
    });
    expect((await as(member.key).get('/me')).body.balance).toBe('1.00');
  });

  it('never reports a number that ends in 0002, until the message expires and is refunded', async () => {
    const team = await makeTeam();
    const member = await addMember(team, { credit: '1.00' });
    const { id } = await send(member, '+14155550002');
    await dispatchTo(services(), sandbox(), team.teamId);
    expect(await statusOf(team, id)).toBe('sent');
    await expireMessages(services(), 1);
    expect(await statusOf(team, id)).toBe('sent');
    await expireMessages(services(), 0);
    const message = await read(team, id);
    expect(message).toMatchObject({ status: 'failed', cost: '0.00', error: { code: 'expired' } });
    expect((await as(member.key).get('/me')).body.balance).toBe('1.00');
    await expireMessages(services(), 0);
    expect(await refundsOf(team)).toHaveLength(1);
  });
});

describe('a delivery report', () => {
  it('refunds the master balance for a message that it paid', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const { id } = await send({ key: team.ownerKey }, '+14155550100');
    expect(await report(team, { id, ...FAILED })).toHaveLength(1);
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('1.00');
    expect((await refundsOf(team))[0]).toMatchObject({ to: 'master', balanceAfter: { master: '1.00' } });
  });

  it('refunds the master balance when the paying member is deleted', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const member = await addMember(team, { credit: '1.00' });
    const { id } = await send(member, '+14155550100');
    await as(team.ownerKey).delete(`/members/${member.mem}`);
    await report(team, { id, ...FAILED });
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('1.00');
    expect(await statusOf(team, id)).toBe('failed');
  });

  it('refunds the account that paid, whatever its role is now', async () => {
    const team = await makeTeam({ fund: '5.00' });
    const member = await addMember(team, { credit: '1.00' });
    const { id } = await send(member, '+14155550100');
    await as(team.ownerKey).post(`/members/${member.mem}/role`, { role: 'owner' });
    await report(team, { id, ...FAILED });
    expect((await as(team.ownerKey).get(`/members/${member.mem}`)).body.balance).toBe('1.00');
  });

  it('does not change a final status, in any order and however often it comes', async () => {
    const team = await makeTeam();
    const owner = { key: team.ownerKey };
    const [delivered, failed] = [(await send(owner, '+14155550100')).id, (await send(owner, '+14155550101')).id];
    await report(team, { id: delivered, status: 'delivered' }, { id: failed, ...FAILED });
    const twice = [
      { id: delivered, ...FAILED },
      { id: failed, status: 'delivered' as const },
      { id: delivered, status: 'sent' as const },
      { id: failed, status: 'sent' as const },
    ];
    expect(await report(team, ...twice)).toEqual([]);
    expect([await statusOf(team, delivered), await statusOf(team, failed)]).toEqual(['delivered', 'failed']);
    await Promise.all(Array.from({ length: 10 }, () => report(team, { id: failed, ...FAILED })));
    expect(await refundsOf(team)).toHaveLength(1);
  });

  it('changes nothing for another team’s message or an unknown one', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const { id } = await send({ key: team.ownerKey }, '+14155550100');
    expect(await report(other, { id, ...FAILED }, { id: 'msg_01h00000000000000000000000', ...FAILED })).toEqual([]);
    expect(await statusOf(team, id)).toBe('queued');
  });

  it('fires no rule that is not waiting, and serves one that is', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const calm = await addMember(team, { credit: '0.50', recharge: { threshold: '0.50', target: '5' } });
    const { id } = await send(calm, '+14155550100');
    await ownerPool().query('DELETE FROM outbox WHERE team_id = $1', [team.teamId]);
    const rule = (await as(team.ownerKey).get(`/members/${calm.mem}/recharge`)).body;
    expect(rule.state).toBe('waiting');
    await report(team, { id, ...FAILED });
    expect((await as(team.ownerKey).get(`/members/${calm.mem}/recharge`)).body.state).toBe('ready');
    expect((await ownerPool().query('SELECT 1 FROM outbox WHERE team_id = $1', [team.teamId])).rowCount).toBe(0);
    expect((await as(team.ownerKey).get('/transfers?kind=recharge')).body.data).toEqual([]);
  });
});

describe('a dispatcher', () => {
  it('leaves a message that it took before it died to another dispatcher when its lease ends', async () => {
    const team = await makeTeam();
    const { id } = await send({ key: team.ownerKey }, '+14155550100');
    await claimQueued(systemContext(services(), team.teamId), 'sandbox', 10);
    expect(await dispatchTo(services(), sandbox(), team.teamId)).toBe(0);
    await endClaims(team);
    expect(await dispatchTo(services(), sandbox(), team.teamId)).toBe(1);
    await expect.poll(() => statusOf(team, id), { timeout: 60_000 }).toBe('delivered');
  });

  it('hands each message to the carrier once, with several at work', async () => {
    const team = await makeTeam();
    for (let i = 0; i < 20; i++) await send({ key: team.ownerKey }, '+14155550100');
    const seen: string[] = [];
    const counts = stubCarrier('sandbox', (batch) => {
      seen.push(...batch.map(({ id }) => id));
      return batch.map(({ id }) => ({ id, outcome: 'accepted', refs: [id] }));
    });
    await Promise.all(Array.from({ length: 5 }, () => dispatchTo(services(), counts, team.teamId)));
    expect([seen.length, new Set(seen).size]).toEqual([20, 20]);
  });

  it('refunds at once when the carrier refuses', async () => {
    const team = await makeTeam({ fund: '1.00' });
    const { id } = await send({ key: team.ownerKey }, '+14155550100');
    const refuses = stubCarrier('sandbox', (batch) =>
      batch.map(({ id }) => ({ id, outcome: 'refused', code: 'blocked', detail: 'Blocked.' })),
    );
    await dispatchTo(services(), refuses, team.teamId);
    expect(await read(team, id)).toMatchObject({
      status: 'failed',
      sentAt: null,
      error: { code: 'blocked', detail: 'Blocked.' },
    });
    expect((await as(team.ownerKey).get('/me')).body.balance).toBe('1.00');
  });
});
