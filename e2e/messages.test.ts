import type { Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, openAt, runningProduct, test, type Credentials } from './support/browser';
import { fillLog } from './support/log';
import { createTeamByCommand, until, type Team } from './support/product';

const { url, dataDir } = runningProduct();
const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key, body });

type TestMember = Credentials & { id: string; key: string };

async function addMember(team: Team, name: string, credit: string): Promise<TestMember> {
  const wanted = { name, credit, generatePassword: true };
  const { member, secrets } = (await call(team.apiKey, 'POST', '/members', wanted)).body;
  return { id: member.id, key: secrets.apiKey, email: member.email, password: secrets.password };
}

const rowsOf = (page: Page) => page.getByRole('table', { name: 'Messages' }).getByRole('row');
/** Returns the cells of the rows, without the header. */
const cells = async (page: Page): Promise<string[][]> =>
  (await rowsOf(page).all()).length === 0
    ? []
    : page
        .getByRole('table', { name: 'Messages' })
        .locator('tbody tr')
        .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText.trim())));

const CROWD = 100_000;

test.describe('the message log', () => {
  let team: Team;
  let [ann, ben]: TestMember[] = [];

  test.beforeAll(async () => {
    team = await createTeamByCommand('Long Log', '500.00');
    [ann, ben] = [await addMember(team, 'Ann Archer', '50.00'), await addMember(team, 'Ben Barker', '50.00')];
    await fillLog(dataDir, { team, member: ann.id, count: CROWD, days: 20 });
    for (const to of ['+447700900001', '+447700900123', '+4915112345678']) {
      const sent = await call(ben.key, 'POST', '/messages', { to, from: 'Ben', body: `To ${to}`, reference: 'ben' });
      expect(sent.status).toBe(202);
    }
    const delivered = async () => (await call(ben!.key, 'GET', '/messages?status=delivered')).body.data.length === 2;
    await until(() => 'two are delivered', 60_000, delivered);
  });

  test('finds one message among 100,000 by its reference in three actions', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/long-log/messages' });
    await expect(page.getByText(`${(CROWD + 3).toLocaleString('en')} messages`)).toBeVisible();
    await page.keyboard.press('/');
    await page.keyboard.type('ref-031415');
    await page
      .getByRole('row', { name: /ref-031415/ })
      .getByRole('button')
      .click();
    const drawer = page.getByRole('dialog', { name: 'Message' });
    await expect(drawer.getByText('Message number 31415', { exact: true })).toBeVisible();
    await expect(drawer.getByText('+14150031415')).toBeVisible();
    await expect(page.getByText('1 message', { exact: true })).toBeVisible();
  });

  test('is filtered by member, status, country, number and days, all of which the address holds', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: '/long-log/messages' });
    await page.getByRole('combobox', { name: 'Members' }).click();
    await expect(page.getByRole('option', { name: `Ann Archer ${CROWD.toLocaleString('en')}` })).toBeVisible();
    await page.getByRole('option', { name: 'Ben Barker 3' }).click();
    await page.keyboard.press('Escape');
    await expect(rowsOf(page)).toHaveCount(4);
    await expect(page.getByText('3 messages', { exact: true })).toBeVisible();
    await page.getByRole('button', { name: 'Country' }).click();
    await expect(page.getByRole('menuitemcheckbox', { name: 'Germany 1' })).toBeVisible();
    await page.getByRole('menuitemcheckbox', { name: 'United Kingdom 2' }).click();
    await expect(rowsOf(page)).toHaveCount(3);
    await page.getByRole('button', { name: 'Status' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'failed 1' }).click();
    await expect(rowsOf(page)).toHaveCount(2);
    expect(new URL(page.url()).search).toBe(`?member=${ben!.id}&country=GB&status=failed`);
    const again = await newPage({ as: team, url: page.url() });
    expect(await cells(again)).toEqual(await cells(page));
    await expect(again.getByText('Ben Barker').first()).toBeVisible();
    await again.getByRole('button', { name: 'Clear', exact: true }).click();
    await again.getByRole('searchbox', { name: 'Find messages' }).fill('+44 7700 900-123');
    await expect(rowsOf(again)).toHaveCount(2);
    await expect(rowsOf(again).last()).toContainText('+447700900123');
    await again.getByRole('searchbox', { name: 'Find messages' }).fill('no such reference');
    await expect(again.getByText('No matching messages')).toBeVisible();
    await again.getByRole('button', { name: 'Clear filters' }).click();
    await expect(again.getByText(`${(CROWD + 3).toLocaleString('en')} messages`)).toBeVisible();
  });

  test('shows members only their own messages', async ({ newPage }) => {
    const page = await newPage({ as: ben!, url: '/long-log/messages' });
    await expect(page.getByText('3 messages', { exact: true })).toBeVisible();
    await expect(rowsOf(page)).toHaveCount(4);
    await expect(page.getByRole('combobox', { name: 'Members' })).toHaveCount(0);
    const other = (await call(ann!.key, 'GET', '/messages?limit=1')).body.data[0].id;
    await openAt(page, `/long-log/messages?member=${ann!.id}`);
    await expect(page.getByText('No matching messages')).toBeVisible();
    expectError(page, /status of 404/);
    await openAt(page, `/long-log/messages?open=${other}`);
    await expect(page.getByText('Message not found')).toBeVisible();
  });

  test('pages to older messages and back, and through the messages one by one', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/long-log/members/${ann!.id}?tab=messages` });
    await expect(rowsOf(page)).toHaveCount(51);
    const first = await cells(page);
    await page.getByRole('button', { name: 'Older messages' }).click();
    await expect(rowsOf(page).nth(1)).toContainText('ref-099950');
    await expect(page.getByRole('button', { name: '50 newer' })).toBeVisible();
    await page.getByRole('button', { name: 'Older messages' }).click();
    await expect(rowsOf(page).nth(1)).toContainText('ref-099900');
    await page.reload();
    await expect(rowsOf(page).nth(1)).toContainText('ref-099900');
    await page.getByRole('button', { name: 'Newer messages' }).click();
    await expect(rowsOf(page).nth(1)).toContainText('ref-099950');
    await page.getByRole('button', { name: 'Newer messages' }).click();
    await expect(rowsOf(page).nth(1)).toContainText('ref-100000');
    expect(await cells(page)).toEqual(first);
    await page.keyboard.press('j');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog', { name: 'Message' });
    await expect(drawer.getByText('Message number 99999', { exact: true })).toBeVisible();
    await page.keyboard.press('ArrowDown');
    await expect(drawer.getByText('Message number 99998', { exact: true })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(drawer).toBeHidden();
    await page.keyboard.press('Enter');
    await expect(drawer.getByText('Message number 99998', { exact: true })).toBeVisible();
    // The address follows the shown message with a delay.
    await page.waitForURL(/msg_/);
    const whole = page.url();
    await page.goBack();
    await expect(drawer).toBeHidden();
    await expect(rowsOf(page)).toHaveCount(51);
    const shared = await newPage({ as: team, url: whole });
    await expect(
      shared.getByRole('dialog', { name: 'Message' }).getByText('Message number 99998', { exact: true }),
    ).toBeVisible();
  });

  test('can be browsed from its newest message and back, by keyboard and by click', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/long-log/messages?member=${ann!.id}` });
    await rowsOf(page).nth(1).getByRole('button').click();
    const drawer = page.getByRole('dialog', { name: 'Message' });
    const shows = (number: number) =>
      expect(drawer.getByText(`Message number ${number}`, { exact: true })).toBeVisible();
    await shows(CROWD);
    await page.keyboard.press('ArrowDown');
    await shows(CROWD - 1);
    await drawer.getByRole('button', { name: 'Newer message' }).click();
    await shows(CROWD);
    await expect(drawer.getByRole('button', { name: 'Newer message' })).toBeDisabled();
    await page.keyboard.press('ArrowDown');
    await shows(CROWD - 1);
  });

  test('shows the name of a member as soon as it is chosen', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/long-log/messages' });
    await page.getByRole('combobox', { name: 'Members' }).click();
    let answer = () => {};
    const answered = new Promise<void>((resolve) => (answer = resolve));
    await page.route(/members\.getMemberRow/, async (route) => {
      await answered;
      await route.continue();
    });
    await page.getByRole('option', { name: 'Ben Barker 3' }).click();
    await page.waitForURL(/member=/);
    await expect(page.getByRole('search')).toContainText('Ben Barker');
    answer();
    await expect(rowsOf(page)).toHaveCount(4);
  });

  test('says where to look when the chosen days have no messages, but earlier ones have', async ({ newPage }) => {
    const old = await createTeamByCommand('Old Log', '10.00');
    const member = await addMember(old, 'Olga Old', '1.00');
    await fillLog(dataDir, { team: old, member: member.id, count: 3, days: 3, ago: 40 });
    const page = await newPage({ as: old, url: '/old-log/messages' });
    await expect(page.getByText('No matching messages')).toBeVisible();
    await page.getByRole('button', { name: 'Search all time' }).click();
    await expect(rowsOf(page)).toHaveCount(4);
  });

  test('is filtered by dragging over its days', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/long-log/messages?days=7' });
    const plot = page.getByRole('img', { name: /messages, .* of them failed/ });
    const { x, y, width, height } = (await plot.boundingBox())!;
    await page.mouse.move(x + width * 0.2, y + height / 2);
    await page.mouse.down();
    await page.mouse.move(x + width * 0.5, y + height / 2, { steps: 4 });
    await page.mouse.up();
    const day = (before: number) => new Date(Date.now() - before * 86_400_000).toISOString().slice(0, 10);
    await page.waitForURL((at) => at.searchParams.get('from') === day(5) && at.searchParams.get('to') === day(3));
    await expect(page.getByText('15,000 messages')).toBeVisible();
    await expect(page.getByLabel('From day (UTC)')).toHaveValue(day(5));
  });

  test('is exported line by line as it is shown, after stating the number of lines', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/long-log/messages?recipient=%2B14150099&status=failed&days=all` });
    await expect(rowsOf(page)).toHaveCount(51);
    const shown: string[][] = [];
    for (;;) {
      shown.push(...(await cells(page)));
      const next = page.getByRole('button', { name: 'Older messages' });
      if (await next.isDisabled()) break;
      const last = shown.at(-1)!.at(-1)!;
      await next.click();
      await expect(rowsOf(page).last()).not.toContainText(last);
    }
    await page.getByRole('button', { name: 'CSV' }).click();
    await expect(page.getByTestId('rows')).toHaveText('100 rows');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Download' }).click(),
    ]);
    const rows: Record<string, string>[] = parse(readFileSync(await download.path(), 'utf8'), {
      bom: true,
      columns: true,
    });
    const printed = rows.map((row) => [
      row['status']!.replace(/^./, (c) => c.toUpperCase()),
      `${row['to']} ${row['country']}`,
      row['memberName'],
      row['body'],
      row['segments'],
      row['reference'],
    ]);
    expect(
      shown.map(([, status, to, member, body, segments, , reference]) => [
        status,
        to,
        member,
        body,
        segments,
        reference,
      ]),
    ).toEqual(printed);
    expect(printed).toHaveLength(100);
  });
});

test.describe('the message log while messages arrive', () => {
  let team: Team;
  test.beforeAll(async () => {
    team = await createTeamByCommand('Live Log', '100.00');
  });
  const send = async (text: string): Promise<string> =>
    (await call(team.apiKey, 'POST', '/messages', { to: '+14155550100', from: 'Acme', body: text })).body.id;

  test('follows a message from queued to delivered in two tabs, without a reload', async ({ newPage }) => {
    const list = await newPage({ as: team, url: '/live-log/messages' });
    const drawer = await newPage({ beside: list, url: '/live-log/messages' });
    for (const page of [list, drawer]) {
      await expect(page.getByText('No messages yet')).toBeVisible();
      await page.evaluate(() => Reflect.set(window, 'unloaded', true));
    }
    const id = await send('Watch me');
    const row = rowsOf(list).filter({ hasText: 'Watch me' });
    await expect(row).toContainText(/Queued|Sent/, { timeout: 2_500 });
    await rowsOf(drawer).filter({ hasText: 'Watch me' }).getByRole('button').click();
    await expect(row).toContainText('Delivered');
    const whole = drawer.getByRole('dialog', { name: 'Message' });
    await expect(whole.getByRole('listitem').filter({ hasText: 'delivered' })).toBeVisible();
    await expect(whole.getByRole('listitem').filter({ hasText: 'queued' })).toBeVisible();
    expect(drawer.url()).toContain(id);
    for (const page of [list, drawer]) {
      expect(await page.evaluate(() => Reflect.get(window, 'unloaded') as boolean)).toBe(true);
    }
  });

  test('can be paused: the shown messages stay, and new ones are counted', async ({ newPage }) => {
    await send('Before');
    const page = await newPage({ as: team, url: '/live-log/messages' });
    await expect(rowsOf(page).nth(1)).toContainText('Before');
    const shown = await rowsOf(page).count();
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect(page.getByText('Paused')).toBeVisible();
    for (const text of ['One', 'Two']) await send(text);
    await expect(page.getByRole('button', { name: '2 new' })).toBeVisible({ timeout: 2_500 });
    await expect(rowsOf(page).nth(1)).toContainText('Before');
    await expect(rowsOf(page)).toHaveCount(shown);
    await page.getByRole('button', { name: '2 new' }).click();
    await expect(page.getByText('Live', { exact: true })).toBeVisible();
    await expect(rowsOf(page).nth(1)).toContainText('Two');
    await send('Three');
    await expect(rowsOf(page).nth(1)).toContainText('Three', { timeout: 2_500 });
  });
});

test.describe('sending', () => {
  let team: Team;
  let member: TestMember;
  test.beforeAll(async () => {
    team = await createTeamByCommand('Word Senders', '100.00');
    member = await addMember(team, 'Penny Poor', '0.05');
  });
  const formOf = (page: Page) => page.getByRole('dialog', { name: 'Send message' });

  test('counts segments and cost during typing, and reports the result for each recipient', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/word-senders/messages' });
    await expect(page.getByText('No messages yet')).toBeVisible();
    await page.keyboard.press('s');
    const form = formOf(page);
    await expect(form.getByLabel('To', { exact: true })).toBeFocused();
    await page.keyboard.type('+14155550100');
    await form.getByLabel('Text').fill('x'.repeat(160));
    await expect(form.getByTestId('counted')).toHaveText('160 characters · 1 segment · GSM-7');
    await form.getByLabel('Text').press('End');
    await form.getByLabel('Text').pressSequentially('€');
    await expect(form.getByTestId('counted')).toHaveText('161 characters · 2 segments · GSM-7');
    await form.getByLabel('Text').fill('Grüße, 世界');
    await expect(form.getByTestId('counted')).toContainText('Unicode (because of 世 界)');
    await expect(form.getByRole('button', { name: 'Send' })).toBeDisabled();
    await expect(form.getByText('Enter a sender. The team has no default.')).toBeVisible();
    await form.getByLabel('From').fill('Acme');
    await form
      .getByLabel('To', { exact: true })
      .fill('+1 (415) 555-0100\n+14155550100; 0800, +447700900001\n+447700900123');
    await expect(form.getByText('3 valid · 1 invalid (skipped) · 1 duplicate removed')).toBeVisible();
    const before = (await call(team.apiKey, 'GET', '/me')).body.balance;
    const shown = await form.getByRole('row', { name: /Master balance/ }).innerText();
    await form.getByRole('button', { name: /^Send to 3 for \$0\./ }).click();
    await expect(form.getByText('3 messages accepted. 1 skipped.')).toBeVisible();
    await expect(form.getByRole('row', { name: /0800 Not sent/ })).toBeVisible();
    await form.getByRole('button', { name: 'Done' }).focus();
    await expect(form.getByRole('row', { name: /\+447700900001 Failed \$0\.00/ })).toBeVisible({ timeout: 30_000 });
    await expect(form.getByRole('row', { name: /\+447700900123 Delivered/ })).toBeVisible();
    await expect(form.getByRole('button', { name: 'Done' })).toBeFocused();
    await form.getByRole('button', { name: 'Done' }).click();
    await expect(rowsOf(page)).toHaveCount(4);
    const { data } = (await call(team.apiKey, 'GET', '/transfers?kind=charge')).body;
    const after = data[0].balanceAfter.master;
    expect(shown.replaceAll('$', '').split(/\s+/).slice(-2).map(Number)).toEqual([before, after].map(Number));
  });

  test('on behalf of a member uses its balance, and stops at it', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/word-senders/messages' });
    await page.getByRole('button', { name: 'Send message' }).click();
    const form = formOf(page);
    await form.getByLabel('To', { exact: true }).fill('+14155550100');
    await form.getByLabel('From').fill('Acme');
    await form.getByLabel('Text').fill('Hello');
    await form.getByLabel('Send as').click();
    await page.getByRole('option', { name: 'Penny Poor' }).click();
    await expect(form.getByRole('row', { name: /^Balance \$0\.05/ })).toBeVisible();
    await form.getByLabel('Text').fill('x'.repeat(1_500));
    await expect(form.getByText(/more than the balance/)).toBeVisible();
    await expect(form.getByRole('button', { name: /^Send/ })).toBeDisabled();
    await form.getByLabel('Text').fill('Hello');
    await form.getByRole('button', { name: /^Send for/ }).click();
    await expect(form.getByText('Message accepted.')).toBeVisible();
    expect((await call(member.key, 'GET', '/messages')).body.data[0]).toMatchObject({
      body: 'Hello',
      memberId: member.id,
    });
  });

  test('sends a message once, after a batch that exceeded the balance', async ({ newPage }) => {
    await call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount: '1.00' });
    const page = await newPage({ as: member, url: '/word-senders/messages', isLive: false });
    await page.getByRole('button', { name: 'Send message' }).click();
    const form = formOf(page);
    await form.getByLabel('To', { exact: true }).fill('+14155550101\n+14155550102');
    await form.getByLabel('From').fill('Acme');
    await form.getByLabel('Text').fill('Only once');
    await expect(form.getByRole('button', { name: /^Send to 2/ })).toBeEnabled();
    await call(team.apiKey, 'POST', `/members/${member.id}/debit`, { amount: 'all' });
    // A second click conflicts with the first, which is in progress (409).
    expectError(page, /status of (402|409)/);
    await form.getByRole('button', { name: /^Send to 2/ }).click();
    await expect(form.getByRole('alert')).toBeVisible();
    await call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount: '1.00' });
    await form.getByLabel('To', { exact: true }).fill('+14155550101');
    await form.getByRole('button', { name: /^Send for/ }).dblclick();
    await expect(form.getByText('Message accepted.')).toBeVisible();
    const { data } = (await call(member.key, 'GET', '/messages')).body;
    const sent = data.filter(({ body }: { body: string }) => body === 'Only once');
    expect(sent.map(({ to }: { to: string }) => to)).toEqual(['+14155550101']);
  });

  test('shows a former owner that the team paid for messages sent as an owner', async ({ newPage }) => {
    const former = await addMember(team, 'Olive Owner', '1.00');
    const become = (role: string) => call(team.apiKey, 'POST', `/members/${former.id}/role`, { role });
    await become('owner');
    const { id } = (await call(former.key, 'POST', '/messages', { to: '+14155550103', from: 'Acme', body: 'Mine' }))
      .body;
    await become('member');
    const page = await newPage({ as: former, url: `/word-senders/messages?open=${id}` });
    await expect(page.getByRole('dialog', { name: 'Message' }).getByText('Paid by the team')).toBeVisible();
  });
});
