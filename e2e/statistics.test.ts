import type { Locator, Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, openAt, runningProduct, test, type Credentials } from './support/browser';
import { copied } from './support/money';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();
const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key, body });
const US = { to: '+14155550100', from: 'Acme', body: 'Hello' };
const GB = { ...US, to: '+447400123456' };
const today = () => new Date().toISOString().slice(0, 10);

/** Returns the cells of a table's rows as a user reads them. */
const cellsOf = async (table: Locator): Promise<string[][]> =>
  table
    .locator('tbody tr')
    .evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.innerText.trim())));

const figure = (page: Page, name: string): Locator =>
  page.locator('dl > div').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}$`) }) });

test.describe('statistics', () => {
  let team: Team;
  let ann: Credentials & { id: string; key: string };

  const addMember = async (name: string) => {
    const wanted = { name, credit: '20.00', generatePassword: true };
    const { member, secrets } = (await call(team.apiKey, 'POST', '/members', wanted)).body;
    return { id: member.id, email: member.email, password: secrets.password, key: secrets.apiKey };
  };

  test.beforeAll(async () => {
    team = await createTeamByCommand('Counted Team', '100.00');
    ann = await addMember('=Ann');
    const bob = await addMember('Bob');
    const sends: [string, object[]][] = [
      [ann.key, [US, US, GB]],
      [bob.key, [GB, GB]],
      [team.apiKey, [US]],
    ];
    for (const [key, messages] of sends) {
      expect((await call(key, 'POST', '/messages/batch', { messages })).status).toBe(202);
    }
  });

  test('cover the chosen range and the days before it, with the same numbers in chart and table', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: '/counted-team' });
    await page.getByRole('navigation', { name: 'Team' }).getByRole('link', { name: 'Statistics' }).click();
    await expect(page.getByRole('heading', { name: 'Statistics' })).toBeVisible();
    await expect(page.getByText(/ vs .* \(UTC\)$/)).toBeVisible();
    await expect(figure(page, 'Messages')).toContainText(/^Messages6No data for previous 30 days$/);
    const table = page.getByRole('table', { name: 'By day' });
    await expect(table.locator('tbody tr')).toHaveCount(30);
    await page.getByLabel('Range', { exact: true }).selectOption('Last 7 days');
    await expect(table.locator('tbody tr')).toHaveCount(7);
    await expect(page.getByText('No data for previous 7 days').first()).toBeVisible();
    await page.getByRole('group', { name: 'Measure' }).getByRole('button', { name: 'Messages' }).click();
    const bars = page.getByRole('figure', { name: 'Daily messages' }).locator('[data-mark=now]');
    // One mark belongs to the legend; the others are the days, the oldest first.
    await expect(bars).toHaveCount(8);
    await page.getByRole('figure', { name: 'Daily messages' }).locator('div:has(> [data-mark=now])').last().hover();
    await expect(page.getByText(/: 6 · Previous: 0$/)).toBeVisible();
    const [first] = await cellsOf(table);
    expect(first!.slice(1, 3)).toEqual(['6', '6']);
    expect(first!.slice(-2)).toEqual(['0', 'new']);
    await page.getByLabel('Compare').uncheck();
    await expect(page.getByText('No data for previous 7 days')).toHaveCount(0);
    await expect(table.getByRole('columnheader', { name: 'Change' })).toHaveCount(0);
    await page.getByLabel('First day (UTC)').fill(today());
    await expect(table.locator('tbody tr')).toHaveCount(1);
    await expect(page.getByLabel('Range', { exact: true })).toHaveValue('own');
    await page.waitForURL((at) => at.search.includes(`from=${today()}&to=${today()}`));
    await openAt(page, `/counted-team/statistics${new URL(page.url()).search}`);
    await expect(table.locator('tbody tr')).toHaveCount(1);
    await openAt(page, '/counted-team/statistics?from=2020-01-01&to=2026-01-01');
    await expect(page.getByText('Choose a range of 1 to 732 days')).toBeVisible();
  });

  test('of members link to each member and its messages, and are exported line by line', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/counted-team/statistics?measure=messages' });
    await page.getByRole('tab', { name: 'By member' }).click();
    const table = page.getByRole('table', { name: 'By member' });
    await expect(table.locator('tbody tr')).toHaveCount(3);
    const rows = await cellsOf(table);
    expect(rows.map((row) => [row[0], row[1], row[3]])).toEqual([
      ['=Ann', '50.0%', '3'],
      ['Bob', '33.3%', '2'],
      ['Olive Owner', '16.7%', '1'],
    ]);
    await expect(table.getByRole('link', { name: '=Ann' })).toHaveAttribute('href', `/counted-team/members/${ann.id}`);
    await expect(table.getByRole('link', { name: '3', exact: true })).toHaveAttribute(
      'href',
      new RegExp(`^/counted-team/messages\\?from=\\d{4}-\\d\\d-\\d\\d&to=${today()}&member=${ann.id}$`),
    );
    await table.getByRole('button', { name: 'Member' }).click();
    await expect(table.locator('tbody tr').nth(1)).toContainText('Bob');
    await table.getByRole('button', { name: 'Member' }).click();
    await expect(table.locator('tbody tr').first()).toContainText('Olive Owner');
    const shown = await cellsOf(table);
    const link = await page.getByRole('link', { name: 'CSV' }).getAttribute('href');
    const file: Record<string, string>[] = parse(await (await page.request.get(link!)).text(), {
      bom: true,
      columns: true,
    });
    const inFile = file.map((row) => [row['memberName']!.replace(/^'(?==)/, ''), row['messages'], row['segments']]);
    expect(inFile).toEqual(shown.map((row) => [row[0], row[3], row[4]]));
    expect(file.map((row) => `$${Number(row['cost']).toFixed(2)}`)).toEqual(shown.map((row) => row[7]));
    const exact = file.map((row) => `$${row['cost']!.replace(/(\.\d\d\d*?)0+$/, '$1')}`);
    const costs = table.locator('td[data-label=Cost]');
    expect(await copied(costs.nth(1))).toBe(exact[1]);
    expect((await copied(table.locator('tbody'))).match(/\$[0-9.]+/g)).toEqual(exact);
    expect(file.map((row) => row['messagesBefore'])).toEqual(shown.map((row) => row[8]));
    expect(file.find((row) => row['memberId'] === ann.id)!['memberName']).toBe("'=Ann");
  });

  test('are filtered by members and a country, say when nothing matches, and are reset with one click', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: '/counted-team/statistics?by=country&measure=messages' });
    const table = page.getByRole('table', { name: 'By country' });
    await expect(table.locator('tbody tr')).toHaveCount(2);
    await page.getByRole('combobox', { name: 'Members' }).fill('bo');
    await page.getByRole('option', { name: 'Bob' }).click();
    await expect(table.locator('tbody tr')).toHaveCount(1);
    await expect(figure(page, 'Messages')).toContainText('Messages2');
    await page.keyboard.press('Escape');
    await page.getByRole('combobox', { name: 'Country' }).click();
    await page.getByRole('option', { name: 'United Kingdom' }).click();
    await expect(page.getByText('1 country', { exact: true })).toBeVisible();
    await page.getByLabel('Range', { exact: true }).selectOption('Last month');
    await expect(page.getByRole('heading', { name: 'No messages in this period' })).toBeVisible();
    await expect(page.getByText('Filters: messages by Bob to United Kingdom.')).toBeVisible();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByLabel('Range', { exact: true }).selectOption('Last 30 days');
    await expect(table.locator('tbody tr')).toHaveCount(2);
  });

  test('of a member are limited to its own, on the page and in its tab', async ({ newPage }) => {
    const page = await newPage({ as: ann, url: '/counted-team/statistics?by=member' });
    await expect(figure(page, 'Messages')).toContainText('Messages3');
    await expect(page.getByRole('tab', { name: 'By member' })).toHaveCount(0);
    await expect(page.getByRole('combobox', { name: 'Members' })).toHaveCount(0);
    await page.getByRole('tab', { name: 'By country' }).click();
    await expect(page.getByRole('table', { name: 'By country' }).locator('tbody tr')).toHaveCount(2);
    const owner = await newPage({ as: team, url: `/counted-team/members/${ann.id}` });
    await owner.getByRole('tab', { name: 'Statistics' }).click();
    await expect(figure(owner, 'Messages')).toContainText('Messages3');
    await owner.getByLabel('Range', { exact: true }).selectOption('This year');
    await owner.waitForURL(/range=this-year/);
    await openAt(owner, `/counted-team/members/${ann.id}${new URL(owner.url()).search}`);
    await expect(owner.getByLabel('Range', { exact: true })).toHaveValue('this-year');
    await expect(figure(owner, 'Messages')).toContainText('Messages3');
  });
});
