import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, runningProduct, test } from './support/browser';
import { cleanEnvironment, purserJson, ROOT, until, type Team } from './support/product';

const { url, dataDir } = runningProduct();

const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key, body });

/** Runs `npm run purser`, as the documentation describes it. */
const npmRunPurser = (...args: string[]): Promise<{ code: number; stdout: string }> =>
  new Promise((resolve) => {
    const env = cleanEnvironment({ PURSER_DATA_DIR: dataDir });
    execFile('npm', ['run', '--silent', 'purser', '--', ...args], { cwd: ROOT, env }, (error, stdout) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, stdout }),
    );
  });

test.describe('a member, over HTTP', () => {
  let team: Team;
  let member: { id: string; key: string };
  const balance = async () => (await call(member.key, 'GET', '/me')).body.balance;
  const masterBalance = async () => (await call(team.apiKey, 'GET', '/team')).body.masterBalance;
  const send = (to: string) => call(member.key, 'POST', '/messages', { to, from: 'Story', body: 'Hello' });

  test.beforeAll(async () => {
    const owner = [
      '--owner-name',
      'Olive',
      '--owner-email',
      'olive@story.test',
      '--owner-password',
      'correct horse battery',
    ];
    team = await purserJson(dataDir, 'team', 'create', '--name', 'Story', ...owner);
    const card = join(dataDir, 'story.csv');
    writeFileSync(card, 'country,prefix,price\n,1,0.50\n');
    await purserJson(dataDir, 'rates', 'import', card, '--team', team.teamId);
    await purserJson(dataDir, 'team', 'fund', team.teamId, '100.00');
  });

  test('is created by an owner, and its key is shown once', async () => {
    const { status, body } = await call(team.apiKey, 'POST', '/members', { name: 'Harbour' });
    expect(status).toBe(201);
    expect(body.secrets.apiKey).toMatch(/^pur_live_[0-9A-Za-z]{38}$/);
    member = { id: body.member.id, key: body.secrets.apiKey };
    const again = await call(team.apiKey, 'GET', `/members/${member.id}`);
    expect(again.text).not.toContain(member.key);
    expect(await balance()).toBe('0.00');
  });

  test('receives money from the master balance, and an auto-recharge rule', async () => {
    const { status, body } = await call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount: '3.00' });
    expect([status, body.balances]).toEqual([201, { master: '97.00', member: '3.00' }]);
    const rule = await call(team.apiKey, 'PUT', `/members/${member.id}/recharge`, {
      threshold: '2.00',
      target: '10.00',
    });
    expect(rule.body).toMatchObject({ enabled: true, state: 'ready' });
  });

  test('sends until its rule fires, exactly when a charge takes the balance below the threshold', async () => {
    expect([(await send('+14155550100')).status, await balance()]).toEqual([202, '2.50']);
    expect([(await send('+14155550101')).status, await balance()]).toEqual([202, '2.00']);
    expect([(await send('+14155550102')).status, await balance()]).toEqual([202, '10.00']);
    const { body } = await call(member.key, 'GET', `/members/${member.id}/recharge/events`);
    expect(body.data).toMatchObject([{ outcome: 'fired', amount: '8.50', balanceBefore: '2.00' }]);
    expect(await masterBalance()).toBe('88.50');
  });

  test('has a message delivered by the worker, with every change of its status', async () => {
    const { id } = (await send('+14155550103')).body;
    let message: Answer['body'];
    await until(
      () => `delivered: ${JSON.stringify(message)}`,
      60_000,
      async () => (message = (await call(member.key, 'GET', `/messages/${id}`)).body).status === 'delivered',
    );
    expect(message.events.map((event: { status: string }) => event.status)).toEqual(['queued', 'sent', 'delivered']);
    expect([message.cost, await balance()]).toEqual(['0.50', '9.50']);
  });

  test('has a failed message refunded, once', async () => {
    const { id } = (await send('+14155550001')).body;
    expect(await balance()).toBe('9.00');
    await until(
      () => 'failed',
      60_000,
      async () => (await call(member.key, 'GET', `/messages/${id}`)).body.status === 'failed',
    );
    const { body } = await call(member.key, 'GET', '/transfers?kind=refund');
    expect(body.data).toMatchObject([{ amount: '0.50', messageId: id, balanceAfter: { member: '9.50' } }]);
    expect([(await call(member.key, 'GET', `/messages/${id}`)).body.cost, await balance()]).toEqual(['0.00', '9.50']);
  });

  test('returns money to the master balance, and never more than it has', async () => {
    const { body } = await call(team.apiKey, 'POST', `/members/${member.id}/debit`, { amount: '4.50' });
    expect(body.balances).toEqual({ master: '93.00', member: '5.00' });
    const refused = await call(team.apiKey, 'POST', `/members/${member.id}/debit`, { amount: '5.01' });
    expect([refused.status, refused.body]).toMatchObject([
      402,
      { code: 'insufficient_funds', balance: 'member', required: '5.01', available: '5.00' },
    ]);
  });

  test('is refused from the next request after deactivation, keeps its balance, and is accepted again after activation', async () => {
    await call(team.apiKey, 'POST', `/members/${member.id}/deactivate`);
    const refused = await send('+14155550104');
    expect([refused.status, refused.body.code]).toEqual([403, 'member_inactive']);
    expect((await call(team.apiKey, 'GET', `/members/${member.id}`)).body).toMatchObject({
      status: 'inactive',
      balance: '5.00',
    });
    await call(team.apiKey, 'POST', `/members/${member.id}/activate`);
    expect([(await send('+14155550104')).status, await balance()]).toEqual([202, '4.50']);
  });

  test('returns the remaining balance when it is deleted, and its key no longer works', async () => {
    const gone = await call(team.apiKey, 'DELETE', `/members/${member.id}`);
    expect([gone.status, gone.body.returned, gone.body.member.status]).toEqual([200, '4.50', 'deleted']);
    const again = await call(team.apiKey, 'DELETE', `/members/${member.id}`);
    expect(again.text).toBe(gone.text);
    const dead = await call(member.key, 'GET', '/me');
    expect([dead.status, dead.body.code]).toEqual([401, 'invalid_key']);
  });

  test('leaves the master balance less only the cost of its messages, and a ledger that verifies', async () => {
    // Five messages were charged and one of them was refunded.
    expect(await masterBalance()).toBe('97.50');
    const { code, stdout } = await npmRunPurser('ledger', 'verify', '--json');
    expect([code, JSON.parse(stdout)]).toMatchObject([0, { ok: true, problems: [] }]);
  });
});
