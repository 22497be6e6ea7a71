import { parseId } from '@/server/domain/core/ids';
import type { Locator, Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { callApi, type Answer } from '@/tests/support/call-api';
import { atRest, expect, expectError, runningProduct, test } from './support/browser';
import { connectionOf, createTeamByCommand, operate, type Team } from './support/product';

const { url, dataDir } = runningProduct();

type CreatedMember = { id: string; name: string; email: string; apiKey: { last4: string }; key: string };

const HEADS = ['', 'Name', 'Email', 'Role', 'API key', 'Balance', 'Messages (30d)', 'Cost (30d)', 'Status', 'Actions'];
const ACTIONS = [
  'Credit',
  'Debit',
  'Auto-recharge rule',
  'Reveal key',
  'Rotate key',
  'Invite someone to claim this account…',
  'Make owner',
  'Deactivate',
  'Delete',
];

const callOf =
  (team: () => Team) =>
  (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team().apiKey, body });

/** Creates a member through the API; `key` is its key. */
async function make(team: Team, wanted: object): Promise<CreatedMember> {
  const { status, body, text } = await callOf(() => team)('POST', '/members', wanted);
  if (status !== 201) throw new Error(text);
  return { ...body.member, key: body.secrets.apiKey };
}

const table = (page: Page): Locator => page.getByRole('table', { name: 'Members' });
const rows = (page: Page): Locator => table(page).locator('tbody tr');
const rowOf = (page: Page, name: string): Locator => rows(page).filter({ hasText: name });
const namesOf = (page: Page): Promise<string[]> => rows(page).locator('td[data-main]').allInnerTexts();
const chip = (page: Page, name: string): Locator => page.getByRole('search').getByRole('button', { name, exact: true });
const settled = (page: Page) => expect(page.locator('table[aria-busy=true]')).toHaveCount(0);

/** Returns the cells of the shown rows by the names of their columns. */
async function shown(page: Page): Promise<Record<string, string>[]> {
  return table(page).evaluate((element) =>
    [...element.querySelectorAll('tbody tr')].map((row) =>
      Object.fromEntries(
        [...row.querySelectorAll<HTMLElement>('td[data-label]')].map((cell) => [
          cell.dataset['label']!,
          cell.innerText.trim(),
        ]),
      ),
    ),
  );
}

test.describe('the list of members', () => {
  let team: Team;
  const call = callOf(() => team);
  const members = '/list-page/members';
  const made: CreatedMember[] = [];
  const find = (name: string) => made.find((one) => one.name === name)!;

  test.beforeAll(async () => {
    team = await createTeamByCommand('List Page', '500.00');
    const rule = { threshold: '5.00', target: '50.00', cap: { amount: '200.00', period: 'month' } };
    made.push(
      await make(team, { name: 'Alder Foods', email: 'hi@alder.example', credit: '48.20', recharge: rule }),
      await make(team, { name: 'Birch Clinic', email: 'zed@birch.example', credit: '0.84', externalId: 'crm-77' }),
      await make(team, { name: 'cedar post', credit: '120.00' }),
      await make(team, { name: '=Dogwood "Ltd", Dublin', email: 'd@dogwood.example', role: 'owner' }),
      await make(team, { name: 'Elm Stores', email: 'elm@elm.example', credit: '9.00' }),
    );
    await call('POST', `/members/${find('Elm Stores').id}/deactivate`);
    for (const [name, times] of [['Alder Foods', 3] as const, ['cedar post', 1] as const]) {
      for (let n = 0; n < times; n++) {
        const body = { to: '+14155550100', from: 'Story', body: 'x'.repeat(200) };
        const sent = await callApi(`${url}/api/v1`, 'POST', '/messages', { key: find(name).key, body });
        expect(sent.status).toBe(202);
      }
    }
  });

  test('shows the name, role, key, balance, rule, usage and status of each member', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await expect(table(page).getByRole('columnheader')).toHaveText(HEADS);
    const { body: alder } = await call('GET', `/members/${find('Alder Foods').id}`);
    const seen = (await shown(page)).find(({ Name }) => Name === 'Alder Foods');
    expect(seen).toMatchObject({
      Email: 'hi@alder.example',
      Role: 'Member',
      'API key': `pur_live_…${alder.apiKey.last4}`,
      'Messages (30d)': '3',
      Status: 'Active',
    });
    expect(seen!['Balance']).toBe(`$${Number(alder.balance).toFixed(2)}`);
    await expect(rowOf(page, 'Alder Foods').getByTitle(`${alder.balance} USD`)).toBeVisible();
    await expect(
      rowOf(page, 'Alder Foods').getByLabel(
        'Auto-recharge below $5.00, fill up to $50.00; at most $200.00 per month; on',
      ),
    ).toBeVisible();
    await expect(rowOf(page, 'cedar post')).toContainText('(generated)');
    await expect(rowOf(page, 'Elm Stores')).toContainText('Inactive');
    await expect(page.getByText('6 of 6', { exact: true })).toBeVisible();
  });

  test('finds members by a part of the name or the address, the end of the key, the id and the external id', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: members });
    const search = page.getByRole('searchbox', { name: 'Search members' });
    const birch = find('Birch Clinic');
    for (const query of ['rch cli', 'ZED@birch', birch.apiKey.last4, birch.id, 'crm-77']) {
      await search.fill(query);
      await expect.poll(() => namesOf(page), { message: query }).toEqual(['Birch Clinic']);
      await expect(page.getByText('1 of 6', { exact: true })).toBeVisible();
    }
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect(rows(page)).toHaveCount(6);
  });

  test('sorts by every column in both directions', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await page.getByRole('button', { name: 'Columns' }).click();
    for (const column of ['Key last used', 'Created']) {
      await page.getByRole('menuitemcheckbox', { name: column }).click();
    }
    await page.keyboard.press('Escape');
    const { data } = (await call('GET', '/members?limit=100')).body;
    const sent = new Map([...(await shown(page))].map((row) => [row['Name']!, row]));
    const number = (text: string | undefined) => Number(text?.replace(/[$,]/g, ''));
    const valueOf: Record<string, (member: { [field: string]: string }) => string | number> = {
      Email: (member) => member['email']!,
      Role: (member) => member['role']!,
      Balance: (member) => Number(member['balance']),
      'Messages (30d)': (member) => number(sent.get(member['name']!)?.['Messages (30d)']),
      'Cost (30d)': (member) => number(sent.get(member['name']!)?.['Cost (30d)']),
      Status: (member) => member['status']!,
      Created: (member) => member['createdAt']!,
      Name: (member) => member['name']!.toLowerCase(),
    };
    for (const [column, value] of Object.entries(valueOf)) {
      const head = page.getByRole('columnheader', { name: column });
      for (const way of ['ascending', 'descending'] as const) {
        await head.getByRole('button').click();
        await expect(head).toHaveAttribute('aria-sort', way);
        await settled(page);
        const values = (await namesOf(page)).map((name) =>
          value(data.find((member: { name: string }) => member.name === name)),
        );
        const sorted = values.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
        expect([column, way, values]).toEqual([column, way, way === 'ascending' ? sorted : sorted.toReversed()]);
      }
    }
    // Members whose key was never used come last in both directions.
    const used = page.getByRole('columnheader', { name: 'Key last used' });
    for (const way of ['ascending', 'descending']) {
      await used.getByRole('button').click();
      await expect(used).toHaveAttribute('aria-sort', way);
      await settled(page);
      expect((await shown(page)).at(-1)!['Key last used']).toBe('Never');
    }
  });

  test('is filtered by chips, which name their filter and are cleared with one click', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await chip(page, 'Status').click();
    await page.getByRole('menuitemcheckbox', { name: 'inactive' }).click();
    await expect.poll(() => namesOf(page)).toEqual(['Elm Stores']);
    await page.getByRole('menuitemcheckbox', { name: 'Active', exact: true }).click();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('button', { name: 'Status: active, inactive' })).toBeVisible();
    await expect(rows(page)).toHaveCount(6);
    await page.getByRole('button', { name: 'Clear status' }).click();
    await chip(page, 'Role').click();
    await page.getByRole('menuitemcheckbox', { name: 'owner' }).click();
    await expect.poll(() => namesOf(page)).toEqual(['=Dogwood "Ltd", Dublin', 'Olive Owner']);
    await page.getByRole('button', { name: 'Clear role' }).click();
    await chip(page, 'Auto-recharge').click();
    await page.getByRole('menuitemcheckbox', { name: 'On' }).click();
    await expect.poll(() => namesOf(page)).toEqual(['Alder Foods']);
  });

  test('keeps its state in the address: after a reload, a visit to another page, and in another browser', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: members });
    await page.getByRole('columnheader', { name: 'Balance' }).getByRole('button').click();
    await page.getByRole('columnheader', { name: 'Balance' }).getByRole('button').click();
    await page.getByRole('searchbox').fill('.example');
    const wanted = ['Alder Foods', 'Elm Stores', 'Birch Clinic', '=Dogwood "Ltd", Dublin'];
    const holds = async (where: Page) => {
      await expect.poll(() => namesOf(where)).toEqual(wanted);
      await expect(where.getByRole('searchbox')).toHaveValue('.example');
    };
    await holds(page);
    await page.reload();
    await holds(page);
    await page.getByRole('link', { name: 'Elm Stores' }).click();
    await expect(page.getByRole('heading', { name: 'Elm Stores' })).toBeVisible();
    await page.goBack();
    await holds(page);
    await holds(await newPage({ as: team, url: page.url() }));
  });

  test('remembers the chosen columns', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Email' }).click();
    await page.getByRole('menuitemcheckbox', { name: 'ID', exact: true }).click();
    await page.keyboard.press('Escape');
    const stands = async () => {
      await expect(page.getByRole('columnheader', { name: 'ID', exact: true })).toBeVisible();
      await expect(page.getByRole('columnheader', { name: 'Email' })).toHaveCount(0);
    };
    await stands();
    await page.reload();
    await stands();
    await expect(rowOf(page, 'Birch Clinic')).toContainText(find('Birch Clinic').id);
  });

  test('is exported as CSV as it is shown, line by line', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `${members}?sort=balance&dir=desc&status=active,inactive` });
    await expect(rows(page)).toHaveCount(6);
    const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'CSV' }).click()]);
    expect(file.suggestedFilename()).toBe('members.csv');
    const lines: Record<string, string>[] = parse(readFileSync(await file.path()), { bom: true, columns: true });
    const money = (amount: string) => `$${Number(amount).toFixed(2)}`;
    const asShown = lines.map((line) => ({
      // A name that a spreadsheet would run as a formula is escaped.
      Name: line['name']!.replace(/^'=/, '='),
      Email: line['email'] === '' ? '(generated)' : line['email'],
      Role: line['role']!.replace(/^./, (c) => c.toUpperCase()),
      'API key': `pur_live_…${line['keyLast4']}`,
      Balance: money(line['balance']!),
      'Messages (30d)': line['messages30Days'],
      'Cost (30d)': money(line['cost30Days']!),
      Status: line['status']!.replace(/^./, (c) => c.toUpperCase()),
    }));
    expect(asShown).toEqual(await shown(page));
    expect(asShown[0]!.Name).toBe('cedar post');
    expect(lines.map(({ name }) => name)).toContain(`'=Dogwood "Ltd", Dublin`);
  });

  test('names the filters that match nothing, and removes them', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await page.getByRole('searchbox').fill('nobody at all');
    await chip(page, 'Role').click();
    await page.getByRole('menuitemcheckbox', { name: 'Member' }).click();
    await expect(page.getByRole('heading', { name: 'No matching members' })).toBeVisible();
    await expect(page.getByText('Filters: “nobody at all”, role member.')).toBeVisible();
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await expect(rows(page)).toHaveCount(6);
    await expect(page.getByRole('searchbox')).toHaveValue('');
    expect(new URL(page.url()).search).toBe('');
  });

  test('opens the actions of a member from the last button of its row', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await page.getByRole('button', { name: 'Actions for Birch Clinic' }).click();
    await expect(page.getByRole('menuitem')).toHaveText(ACTIONS);
    for (const [run, title] of [
      ['Auto-recharge rule', 'Auto-recharge rule of Birch Clinic'],
      ['Reveal key', 'API key of Birch Clinic'],
      ['Rotate key', 'Rotate the API key of Birch Clinic'],
      ['Make owner', 'Make Birch Clinic an owner'],
      ['Delete', 'Delete Birch Clinic'],
    ]) {
      if (!(await page.getByRole('menu').isVisible())) {
        await page.getByRole('button', { name: 'Actions for Birch Clinic' }).click();
      }
      await page.getByRole('menuitem', { name: run!, exact: true }).click();
      await expect(page.getByRole('dialog', { name: title! })).toBeVisible();
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toHaveCount(0);
    }
  });

  test('deactivates a member at once, with an undo: the key is refused from the next request', async ({ newPage }) => {
    const birch = find('Birch Clinic');
    const statusOf = async () => (await callApi(`${url}/api/v1`, 'GET', '/me', { key: birch.key })).body.code ?? 'ok';
    const page = await newPage({ as: team, url: members });
    await page.getByRole('button', { name: 'Actions for Birch Clinic' }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).click();
    await expect(page.getByText('Birch Clinic deactivated. Its API key no longer works')).toBeVisible();
    await expect(rowOf(page, 'Birch Clinic')).toContainText('Inactive');
    expect(await statusOf()).toBe('member_inactive');
    await page
      .getByRole('status')
      .filter({ hasText: 'Birch Clinic deactivated' })
      .getByRole('button', { name: 'Undo' })
      .click();
    await expect(rowOf(page, 'Birch Clinic')).not.toContainText('Inactive');
    expect(await statusOf()).toBe('ok');
    await page.getByRole('button', { name: 'Actions for Elm Stores' }).click();
    await page.getByRole('menuitem', { name: 'Activate' }).click();
    await expect(page.getByText('Elm Stores activated.')).toBeVisible();
    await page
      .getByRole('status')
      .filter({ hasText: 'Elm Stores activated' })
      .getByRole('button', { name: 'Undo' })
      .click();
    await expect(rowOf(page, 'Elm Stores')).toContainText('Inactive');
  });

  test('highlights a balance that has changed', async ({ newPage }) => {
    const page = await newPage({ as: team });
    await page.addInitScript(() => {
      const animate = Reflect.get(Element.prototype, 'animate');
      Element.prototype.animate = function (...args) {
        if (this.textContent?.startsWith('$')) document.body.dataset['lit'] = this.textContent;
        return Reflect.apply(animate, this, args);
      };
    });
    await page.goto(members);
    await page.getByRole('button', { name: 'Actions for Birch Clinic' }).click();
    await page.getByRole('menuitem', { name: 'Credit' }).click();
    await page.getByLabel('Amount').fill('1');
    await page.keyboard.press('Enter');
    await expect(rowOf(page, 'Birch Clinic')).toContainText('$1.84');
    await expect(page.locator('body[data-lit="$1.84"]')).toBeAttached();
  });

  test('opens the create dialog from the command palette of any page', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/list-page/transfers' });
    await page.keyboard.press('Control+k');
    await page.getByPlaceholder('Search members or commands…').fill('create');
    await page.getByText('Create member').click();
    await expect(page.getByRole('dialog', { name: 'Create member' })).toBeVisible();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toHaveCount(0);
    expect(new URL(page.url()).pathname).toBe('/list-page/transfers');
  });
});

test.describe('bulk actions', () => {
  let team: Team;
  const call = callOf(() => team);
  const members = '/bulk-page/members';
  const made: CreatedMember[] = [];
  const balanceOf = async (id: string) => (await call('GET', `/members/${id}`)).body.balance;
  const creditsOf = async (id: string) =>
    (await call('GET', `/transfers?memberId=${id}&kind=credit`)).body.data.length as number;
  const select = async (page: Page, ...names: string[]) => {
    for (const name of names) await page.getByLabel(`Select ${name}`, { exact: true }).check();
  };
  const bar = (page: Page) => page.getByRole('region', { name: 'Selected members' });

  test.beforeAll(async () => {
    team = await createTeamByCommand('Bulk Page', '100.00');
    for (let n = 1; n <= 29; n++) made.push(await make(team, { name: `Store ${String(n).padStart(2, '0')}` }));
  });

  test('select rows across pages, and all that match', async ({ newPage }) => {
    const page = await newPage({ as: team, url: members });
    await select(page, 'Store 03');
    await page.getByRole('button', { name: 'Next page' }).click();
    await expect(rowOf(page, 'Store 29')).toBeVisible();
    await select(page, 'Store 29');
    await expect(bar(page)).toContainText('2 selected');
    await page.getByRole('button', { name: 'Previous page' }).click();
    await expect(page.getByLabel('Select Store 03')).toBeChecked();
    await page.getByRole('searchbox').fill('Store 0');
    await expect(rows(page)).toHaveCount(9);
    await page.getByLabel('Select all on this page').check();
    await expect(bar(page)).toContainText('10 selected');
    await page.getByRole('searchbox').fill('');
    await expect(rows(page)).toHaveCount(25);
    await page.getByRole('button', { name: 'Select all 30' }).click();
    await expect(bar(page)).toContainText('30 selected');
    await expect(page.getByRole('button', { name: /^Select all/ })).toHaveCount(0);
    await bar(page).getByRole('button', { name: 'Clear' }).click();
    await expect(bar(page)).toHaveCount(0);
    await expect(page.getByLabel('Select Store 03')).not.toBeChecked();
  });

  test('credit each member with a result for each: a failed row is retried alone, and no row moves money twice', async ({
    newPage,
  }) => {
    const [one, two, three] = made as [CreatedMember, CreatedMember, CreatedMember];
    const page = await newPage({ as: team, url: members });
    await select(page, one.name, two.name, three.name);
    await bar(page).getByRole('button', { name: 'Credit…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Credit 3 members' });
    await dialog.getByLabel('Amount per member').fill('5');
    await expect(dialog.getByRole('row', { name: 'Master balance' })).toContainText(/\$100\.00\s*\$85\.00/);
    // Another user deletes one member first, and the first response for another row is lost.
    await call('DELETE', `/members/${two.id}`);
    const keys: (string | undefined)[] = [];
    expectError(page, /409|CONNECTION_RESET/);
    await page.route('**/api/trpc/transfers.creditMember*', async (route) => {
      if (!route.request().postData()?.includes(three.id)) return route.continue();
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    await dialog.getByRole('button', { name: 'Credit 3' }).click();
    await expect(dialog.getByRole('status')).toHaveText('2 of 3 completed, 1 failed');
    const result = (name: string) => dialog.getByRole('listitem').filter({ hasText: name });
    await expect(result(one.name)).toContainText('Balance $5.00');
    await expect(result(three.name)).toContainText('Balance $5.00');
    await expect(result(two.name)).toContainText(/deleted/);
    expect(keys.length).toBe(2);
    expect(new Set(keys).size).toBe(1);
    await call('POST', `/members/${two.id}/restore`);
    await dialog.getByRole('button', { name: `Retry ${two.name}` }).click();
    await expect(dialog.getByRole('status')).toHaveText('All 3 credits completed');
    await dialog.getByRole('button', { name: 'Done' }).click();
    for (const { id, name } of [one, two, three]) {
      await expect(rowOf(page, name)).toContainText('$5.00');
      expect([name, await balanceOf(id), await creditsOf(id)]).toEqual([name, '5.00', 1]);
    }
    // The dialog shows the current balances of the selected members.
    await bar(page).getByRole('button', { name: 'Debit…' }).click();
    await page.getByRole('dialog').getByLabel('Amount per member').fill('all');
    await expect(page.getByRole('dialog').getByText('= Full balance: $15.00')).toBeVisible();
  });

  test('stop when the master balance is used up meanwhile, and continue once it is funded', async ({ newPage }) => {
    const chosen = made.slice(10, 16);
    const page = await newPage({ as: team, url: members, isLive: false });
    await select(page, ...chosen.map(({ name }) => name));
    await bar(page).getByRole('button', { name: 'Credit…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Amount per member').fill('20');
    await expect(dialog.getByText('Master balance too low for the total.')).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Credit 6' })).toBeDisabled();
    await dialog.getByLabel('Amount per member').fill('4');
    await expect(dialog.getByRole('button', { name: 'Credit 6' })).toBeEnabled();
    const { masterBalance } = (await call('GET', '/team')).body;
    expectError(page, /402/);
    await operate('team', 'withdraw', team.teamId, (Number(masterBalance) - 9).toFixed(2));
    await dialog.getByRole('button', { name: 'Credit 6' }).click();
    await expect(dialog.getByRole('status')).toHaveText('2 of 6 completed, 4 failed');
    await operate('team', 'fund', team.teamId, '50.00');
    await dialog.getByRole('button', { name: 'Retry 4 failed' }).click();
    await expect(dialog.getByRole('status')).toHaveText('All 6 credits completed');
    const credits = await Promise.all(chosen.map(({ id }) => creditsOf(id)));
    const balances = await Promise.all(chosen.map(({ id }) => balanceOf(id)));
    expect(credits).toEqual(chosen.map(() => 1));
    expect(balances).toEqual(chosen.map(() => '4.00'));
  });

  test('deactivate and activate members', async ({ newPage }) => {
    const chosen = made.slice(20, 23);
    const page = await newPage({ as: team, url: members });
    await select(page, ...chosen.map(({ name }) => name));
    const statuses = () =>
      Promise.all(chosen.map(async ({ id }) => (await call('GET', `/members/${id}`)).body.status as string));
    for (const [run, status, shown] of [
      ['Deactivate', 'inactive', 'Inactive'],
      ['Activate', 'active', 'Active'],
    ] as const) {
      await bar(page).getByRole('button', { name: run, exact: true }).click();
      const dialog = page.getByRole('dialog', { name: `${run} 3 members` });
      await dialog.getByRole('button', { name: `${run} 3` }).click();
      await expect(dialog.getByRole('status')).toContainText('All 3 members');
      await dialog.getByRole('button', { name: 'Done' }).click();
      await expect(dialog).toHaveCount(0);
      await expect(rowOf(page, chosen[0]!.name).getByText(shown, { exact: true })).toBeVisible();
      expect(await statuses()).toEqual([status, status, status]);
    }
  });
});

test.describe('a team without members besides its owner', () => {
  test('explains members, and how to create the first one', async ({ newPage }) => {
    const team = await createTeamByCommand('Empty Page', '1.00');
    const page = await newPage({ as: team, url: '/empty-page/members' });
    await expect(rows(page)).toHaveCount(1);
    await expect(page.getByRole('heading', { name: 'No sub-accounts yet' })).toBeVisible();
    await page.getByRole('button', { name: 'Create first member' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create member' });
    await dialog.getByLabel('Name').fill('The first');
    await dialog.getByRole('button', { name: 'Create member' }).click();
    await dialog.getByRole('button', { name: 'Copy key' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('link', { name: 'The first' })).toBeVisible();
    await expect(page.getByRole('heading', { name: 'No sub-accounts yet' })).toHaveCount(0);
  });
});

test.describe('names of any length and script, on any screen', () => {
  let team: Team;
  const NAMES = [
    'Wohnungsbaugenossenschaft Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft mbH & Co. KG',
    'شركة النخيل للاتصالات والخدمات اللوجستية المحدودة فرع الإسكندرية',
    '東日本旅客鉄道株式会社お客様サポートセンター通知サービス担当',
    'ราชบัณฑิตยสภา สำนักงานเลขานุการ',
    '👩‍🚀 Space & Sons 🚀',
    'w'.repeat(120),
  ];

  test.beforeAll(async () => {
    team = await createTeamByCommand('Names Page', '50.00');
    for (const name of NAMES) await make(team, { name, credit: '1.50' });
  });

  test('are shown on one line, in full on hover, and push nothing out of the table', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/names-page/members' });
    await expect(rows(page)).toHaveCount(NAMES.length + 1);
    for (const name of NAMES)
      await expect(page.getByRole('link', { name, exact: true })).toHaveAttribute('title', name);
    const heights = await rows(page).evaluateAll((all) => all.map((row) => row.getBoundingClientRect().height));
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(2);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(over).toBeLessThanOrEqual(0);
    const button = await page.getByRole('button', { name: `Actions for ${NAMES[0]}` }).boundingBox();
    expect(button!.x + button!.width).toBeLessThanOrEqual(1280);
  });

  test('are shown in a list of cards on a phone, with the menu within the screen', async ({ newPage }) => {
    const page = await newPage({
      as: team,
      url: '/names-page/members',
      viewport: { width: 360, height: 740 },
      touch: true,
    });
    const card = rowOf(page, 'شركة');
    const label = card.locator('td[data-label=Balance]');
    expect(await label.evaluate((cell) => getComputedStyle(cell, '::before').content)).toBe('"Balance"');
    await expect(card).toContainText('$1.50');
    await expect(page.getByRole('columnheader', { name: 'Balance' })).not.toBeInViewport();
    const boxes = await rows(page).evaluateAll((all) =>
      all.map((row) => ({ left: row.getBoundingClientRect().left, right: row.getBoundingClientRect().right })),
    );
    for (const { left, right } of boxes) expect([left >= 0, right <= 360]).toEqual([true, true]);
    await card.getByRole('button', { name: /^Actions for/ }).tap();
    await page.getByRole('menuitem', { name: 'Credit' }).tap();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Amount').fill('2');
    await dialog.getByRole('button', { name: 'Credit $2.00' }).tap();
    await expect(card).toContainText('$3.50');
  });
});

test.describe('ten thousand members', () => {
  let team: Team;

  test.beforeAll(async () => {
    team = await createTeamByCommand('Large Page', '50.00');
    const owner = new Client({ connectionString: connectionOf(dataDir).ownerUrl });
    await owner.connect();
    await owner.query(
      `WITH made AS (INSERT INTO members (team_id, id, name, email, role)
         SELECT $1, uuid7(), 'Crowd ' || i, i || '@crowd.example', 'member' FROM generate_series(1, 10000) i RETURNING id)
       SELECT ledger_open_member($1, id) FROM made`,
      [parseId('team', team.teamId)],
    );
    await owner.query('ANALYZE members, ledger_accounts');
    await owner.end();
  });

  test('are searched, sorted, paged and selected without a noticeable delay', async ({ newPage }) => {
    const page = await newPage({ as: team });
    await page.addInitScript(() => {
      Reflect.set(window, 'waits', []);
      new PerformanceObserver((list) =>
        Reflect.get(window, 'waits').push(
          ...list.getEntries().map(({ name, duration }) => ({ name, duration: Math.round(duration) })),
        ),
      ).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
    });
    await page.goto('/large-page/members');
    await expect(page.getByText('10,001 of 10,001', { exact: true })).toBeVisible();
    await page.waitForLoadState('networkidle');
    await page.getByRole('searchbox').pressSequentially('crowd 7777', { delay: 30 });
    await expect.poll(() => namesOf(page)).toEqual(['Crowd 7777']);
    await page.getByRole('button', { name: 'Clear search' }).click();
    await expect(rows(page)).toHaveCount(25);
    await page.getByRole('columnheader', { name: 'Balance' }).getByRole('button').click();
    await settled(page);
    await page.getByRole('columnheader', { name: 'Name' }).getByRole('button').click();
    await settled(page);
    await page.getByLabel('Page', { exact: true }).selectOption('401');
    await expect(page.getByText('10,001 of 10,001 members')).toBeVisible();
    await expect(rows(page)).toHaveCount(1);
    await page.getByLabel('Select all on this page').check();
    await page.getByRole('button', { name: 'Select all 10,001' }).click();
    await expect(page.getByText('Selected the first 10,000.')).toBeVisible();
    await expect(page.getByText('10,001 selected')).toBeVisible();
    await page.getByRole('button', { name: 'Previous page' }).click();
    await expect(rows(page)).toHaveCount(25);
    await page
      .getByRole('button', { name: /^Actions for/ })
      .first()
      .click();
    await expect(page.getByRole('menuitem', { name: 'Credit' })).toBeVisible();
    // The performance observer is notified of the last interactions in the next frames.
    await atRest(page);
    const waits = await page.evaluate(() => Reflect.get(window, 'waits') as { name: string; duration: number }[]);
    const slowest = waits.toSorted((a, b) => b.duration - a.duration)[0];
    console.log(`ten thousand members: slowest interaction ${slowest?.duration ?? 0} ms (${slowest?.name})`);
    // The limit on a machine of its own is 200 ms; this one runs other processes too.
    expect(slowest?.duration ?? 0).toBeLessThan(600);
  });
});
