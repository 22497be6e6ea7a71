import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, runningProduct, test } from './support/browser';
import { createTeamByCommand, operate, operatorCommand, purser, type Ended, type Team } from './support/product';

const { url, dataDir } = runningProduct();
const api = `${url}/api/v1`;

let team: Team;
test.beforeAll(async () => {
  team = await createTeamByCommand('Counter', '50.00');
});

/** Expects a refusal: nothing on stdout, a sentence on stderr, no stack trace. */
function expectRefused({ code, stdout, stderr }: Ended, exitCode: number, message: RegExp): void {
  expect([code, stdout], stderr).toEqual([exitCode, '']);
  expect(stderr).toMatch(message);
  expect(stderr).not.toMatch(/^ {4}at /m);
}

test.describe('the operator', () => {
  test('creates a team whose key works at once', async () => {
    const me = await callApi(api, 'GET', '/me', { key: team.apiKey });
    expect([me.status, me.body.team.id, me.body.member.id, me.body.balance]).toEqual([
      200,
      team.teamId,
      team.memberId,
      '50.00',
    ]);
  });

  test('funds and withdraws once for each reference, however often the command is repeated', async () => {
    const fund = () => operate<object>('team', 'fund', team.teamId, '7.00', '--reference', 'invoice 1');
    const first = await fund();
    expect(first).toMatchObject({ amount: '7.00', masterBalance: '57.00', repeated: false });
    expect(await fund()).toEqual({ ...first, repeated: true });
    const withdraw = () => operate('team', 'withdraw', team.teamId, '5.00', '--reference', 'invoice 1');
    expect(await Promise.all([withdraw(), withdraw()])).toMatchObject([
      { masterBalance: '52.00' },
      { masterBalance: '52.00' },
    ]);
    const other = await operatorCommand('team', 'fund', team.teamId, '8.00', '--reference', 'invoice 1');
    expectRefused(other, 1, /The reference invoice 1 was used for 7\.00/);
    expect((await callApi(api, 'GET', '/team', { key: team.apiKey })).body.masterBalance).toBe('52.00');
  });

  test('cannot withdraw more than the master balance, nor a malformed amount, and nothing moves', async () => {
    const ended = await Promise.all([
      operatorCommand('team', 'withdraw', team.teamId, '52.01'),
      operatorCommand('team', 'fund', team.teamId, '-1', '--json'),
      operatorCommand('team', 'fund', team.teamId, '1.0000001'),
      operatorCommand('team', 'fund', 'team_01m85ecpske6tazxy7hztwyj00', '1.00'),
    ]);
    expectRefused(ended[0], 1, /The master balance holds 52\.00 and 52\.01 is required/);
    expectRefused(ended[1], 2, /\S/);
    expectRefused(ended[2], 2, /at most six decimals/);
    expectRefused(ended[3], 1, /No such team/);
    expect((await callApi(api, 'GET', '/team', { key: team.apiKey })).body.masterBalance).toBe('52.00');
  });

  test('replaces the rate card as a whole, or not at all when a line is wrong', async () => {
    const [good, bad] = [join(dataDir, 'good.csv'), join(dataDir, 'bad.csv')];
    writeFileSync(good, 'country,prefix,price\n,1,0.25\nDE,,0.75\n');
    writeFileSync(bad, 'country,prefix,price\n,1,0.10\n,44,free\n');
    expect(await operate('rates', 'import', good, '--team', team.teamId)).toEqual({
      rows: 2,
      free: [],
      freeRows: 0,
    });
    expectRefused(await operatorCommand('rates', 'import', bad, '--team', team.teamId), 1, /line 3/);
    const free = join(dataDir, 'free.csv');
    writeFileSync(free, Buffer.from('\uFEFFsep=;\r\ncountry;prefix;price\r\n;1;0,25\r\nFR;;0\r\n', 'utf16le'));
    const refused = await operatorCommand('rates', 'import', free, '--team', team.teamId);
    expectRefused(refused, 1, /send without charge: FR/);
    expect(await operate('rates', 'import', free, '--allow-free', '--team', team.teamId)).toEqual({
      rows: 2,
      free: ['FR'],
      freeRows: 1,
    });
    expectRefused(await operatorCommand('rates', 'import', '/nowhere.csv', '--team', team.teamId), 1, /Cannot read/);
    const body = { to: '+14155550100', from: 'Counter', body: 'Hello' };
    const estimate = await callApi(api, 'POST', '/messages/estimate', { key: team.apiKey, body });
    expect(estimate.body.cost).toBe('0.25');
  });

  test('can do for a member what an owner can', async () => {
    const member = (...args: string[]) => operate<Answer['body']>('member', ...args, '--team', team.teamId);
    const { member: made, secrets } = await member(
      'create',
      '--name',
      'Window',
      '--credit',
      '3.00',
      '--external-id',
      'w-1',
    );
    expect(secrets.apiKey).toMatch(/^pur_live_/);
    expect(await member('credit', made.id, '2.00', '--note', 'for May')).toMatchObject({
      balances: { master: '47.00', member: '5.00' },
    });
    expect(await member('debit', made.id, '1.00', '--dry-run')).toMatchObject({
      transfer: { id: null },
      balances: { member: '4.00' },
    });
    expect(await member('get', made.id)).toMatchObject({ name: 'Window', balance: '5.00', externalId: 'w-1' });
    expect((await member('deactivate', made.id)).status).toBe('inactive');
    expect((await callApi(api, 'GET', '/me', { key: secrets.apiKey })).body.code).toBe('member_inactive');
    expect((await member('activate', made.id)).status).toBe('active');
    const rotated = await member('rotate-key', made.id);
    expect((await callApi(api, 'GET', '/me', { key: secrets.apiKey })).body.code).toBe('invalid_key');
    expect((await callApi(api, 'GET', '/me', { key: rotated.secrets.apiKey })).status).toBe(200);
    expect((await member('role', made.id, 'owner')).role).toBe('owner');
    expect((await member('list', '--query', 'window')).data).toMatchObject([{ id: made.id, role: 'owner' }]);
    expect(await member('debit', made.id, 'all')).toMatchObject({
      transfer: { amount: '5.00' },
      balances: { member: '0.00' },
    });
    expect(await member('delete', made.id)).toMatchObject({
      returned: '0.00',
      transferId: null,
      member: { status: 'deleted' },
    });
    const last = await operatorCommand('member', 'delete', team.memberId, '--team', team.teamId);
    expectRefused(last, 1, /last active owner/i);
  });

  test('sees only the team that is named', async () => {
    const { data } = await operate<{ data: { id: string }[] }>('member', 'list', '--team', team.teamId);
    expect(data.map(({ id }) => id)).toContain(team.memberId);
    const strangers = await createTeamByCommand('Strangers', '1.00');
    expectRefused(await operatorCommand('member', 'get', strangers.memberId, '--team', team.teamId), 1, /Not found/);
  });
});

test.describe('the command', () => {
  test('prints its help with exit code 0, and points to it with exit code 2 on wrong usage', async () => {
    const [help, of, unknown, none, missing, option] = await Promise.all([
      purser(dataDir, '--help'),
      purser(dataDir, 'team', 'fund', '--help'),
      purser(dataDir, 'teem'),
      purser(dataDir),
      purser(dataDir, 'team', 'fund', team.teamId),
      purser(dataDir, 'team', 'fund', team.teamId, '1.00', '--refrence', 'x'),
    ]);
    expect([help.code, help.stderr]).toEqual([0, '']);
    for (const word of ['team', 'rates', 'member', 'ledger', 'migrate', 'worker', '--json'])
      expect(help.stdout).toContain(word);
    expect([of.code, of.stdout.includes('--reference')]).toEqual([0, true]);
    for (const wrong of [unknown, missing, option]) expectRefused(wrong, 2, /--help/);
    expect(none.code).toBe(2);
  });

  test('prints one JSON object on one line with --json, wherever --json stands', async () => {
    const [after, before] = await Promise.all([
      purser(dataDir, 'member', 'get', team.memberId, '--team', team.teamId, '--json'),
      purser(dataDir, '--json', 'member', 'get', team.memberId, '--team', team.teamId),
    ]);
    expect(after.stdout.trimEnd().split('\n')).toHaveLength(1);
    expect(JSON.parse(after.stdout)).toMatchObject({ id: team.memberId });
    expect(before.stdout).toBe(after.stdout);
  });

  test('reports that no database is running, instead of waiting for one', async () => {
    const nowhere = await purser(join(dataDir, 'nowhere'), 'ledger', 'verify', '--json');
    expectRefused(nowhere, 1, /npm start|DATABASE_URL/);
  });
});

test.describe('the data of a user', () => {
  test('is exported and deleted by the operator, unless a team would be left without an owner', async () => {
    const { member, secrets } = (
      await callApi(api, 'POST', '/members', {
        key: team.apiKey,
        body: { name: 'Pia Printed', generatePassword: true },
      })
    ).body;
    const printed = await operate<object>('user', 'export', member.email);
    expect(printed).toMatchObject({
      user: { name: 'Pia Printed', email: member.email },
      memberships: [{ id: member.id, team: { id: team.teamId } }],
    });
    expect(JSON.stringify(printed)).not.toContain(secrets.password);
    expect(await operate<object>('user', 'erase', member.email)).toEqual({
      erasedAt: expect.stringMatching(/Z$/),
      members: 1,
      messagesUnderWay: false,
    });
    const { body } = await callApi(api, 'GET', `/members/${member.id}`, { key: team.apiKey });
    expect(body).toMatchObject({ name: 'Erased person', status: 'active' });
    const log = await callApi(api, 'GET', '/audit-events?action=user&actor=operator', { key: team.apiKey });
    expect(log.body.data.map(({ action }: { action: string }) => action)).toEqual([
      'user.erased',
      'user.data_exported',
    ]);
    expectRefused(await operatorCommand('user', 'erase', member.email), 1, /No user signs in with this email/);
    expectRefused(await operatorCommand('user', 'erase', team.email), 1, /“Counter”/);
  });
});

test.describe('a team', () => {
  test('is suspended and resumed, each once', async () => {
    const own = await createTeamByCommand('Suspended Counter', '5.00');
    const suspend = () => operate<object>('team', 'suspend', own.teamId, '--reason', 'unpaid');
    expect(await suspend()).toEqual({ teamId: own.teamId, status: 'suspended', changed: true });
    expect(await suspend()).toEqual({ teamId: own.teamId, status: 'suspended', changed: false });
    const refused = await callApi(api, 'PATCH', '/team', { key: own.apiKey, body: { name: 'Other' } });
    expect(refused.body.code).toBe('team_suspended');
    const resumed = await operate<object>('team', 'resume', own.teamId);
    expect(resumed).toEqual({ teamId: own.teamId, status: 'active', changed: true });
    const done = await callApi(api, 'PATCH', '/team', { key: own.apiKey, body: { name: 'Other' } });
    expect(done.status).toBe(200);
  });
});
