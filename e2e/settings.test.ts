import type { Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { callApi, type Answer } from '@/tests/support/call-api';
import { axe, expect, expectError, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

test.describe('the settings of a team', () => {
  let team: Team;
  const get = (path: string): Promise<Answer> => callApi(`${url}/api/v1`, 'GET', path, { key: team.apiKey });
  const form = (page: Page, label: string) => page.locator('form').filter({ has: page.getByLabel(label) });

  test.beforeAll(async () => {
    team = await createTeamByCommand('Set Right', '100.00');
  });

  test('are saved one form at a time, and only the changed fields', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    const save = (label: string) => form(page, label).getByRole('button', { name: 'Save' });
    const saved = async (label: string) => {
      await expect(form(page, label).getByText('Unsaved changes')).toHaveCount(0);
      await expect(save(label)).toBeDisabled();
    };
    for (const label of ['Name', 'Reserve']) await expect(save(label)).toBeDisabled();
    await page.getByLabel('Default sender').fill('Acme Bank');
    await page.getByLabel('Reserve').fill('$30');
    await expect(page.getByText('$70.00 of $100.00 available for auto-recharge')).toBeVisible();
    await save('Reserve').click();
    await saved('Reserve');
    expect((await get('/team')).body).toMatchObject({ reserve: '30.00', defaultSender: null });
    await expect(page.getByLabel('Default sender')).toHaveValue('Acme Bank');
    await save('Name').click();
    await saved('Name');
    await page.getByRole('navigation', { name: 'Settings', exact: true }).getByRole('link', { name: 'Alerts' }).click();
    await expect(save('Alert below')).toBeDisabled();
    await page.getByLabel('Alert below').fill('150.5');
    await page.keyboard.press('Enter');
    await saved('Alert below');
    expect((await get('/team')).body).toMatchObject({ defaultSender: 'Acme Bank', lowBalance: '150.50' });
    await page.getByLabel('Alert below').fill('');
    await save('Alert below').click();
    await saved('Alert below');
    expect((await get('/team')).body.lowBalance).toBeNull();
  });

  test('show an error at its field', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    expectError(page, /status of (400|409)/);
    const save = form(page, 'Default sender').getByRole('button', { name: 'Save' });
    await page.getByLabel('Default sender').fill('Much too long a sender');
    await save.click();
    await expect(page.getByLabel('Default sender')).toHaveAccessibleDescription(
      /1 to 11 letters.*at least one letter/s,
    );
    await page.getByLabel('Default sender').fill('');
  });

  test('allow another currency until money has moved', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    const currency = page.getByRole('combobox', { name: 'Currency' });
    await expect(currency).toBeDisabled();
    await expect(page.getByText('It can’t be changed because money has moved.')).toBeVisible();
    const unmoved = await createTeamByCommand('Never Funded', null);
    const other = await newPage({ as: unmoved, url: '/never-funded/settings' });
    const free = other.getByRole('combobox', { name: 'Currency' });
    await expect(free).toBeEnabled();
    await free.fill('euro');
    await other.getByRole('option', { name: 'EUR · Euro' }).click();
    await form(other, 'Default sender').getByRole('button', { name: 'Save' }).click();
    const saved = async () => (await callApi(`${url}/api/v1`, 'GET', '/team', { key: unmoved.apiKey })).body.currency;
    await expect.poll(saved).toBe('EUR');
  });

  test('ask before unsaved changes are discarded, by a link or by the back button', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/set-right' });
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Name').fill('Set Wrong');
    await page.getByRole('link', { name: 'Members', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await expect(dialog).toBeHidden();
    await expect(page.getByLabel('Name')).toHaveValue('Set Wrong');
    await page.evaluate(() => window.history.back());
    await expect(dialog).toBeVisible();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await page.waitForURL(`${url}/set-right`);
    await page.getByRole('link', { name: 'Settings' }).click();
    await expect(page.getByLabel('Name')).toHaveValue('Set Right');
    await page.getByRole('link', { name: 'Rates' }).click();
    await page.waitForURL(`${url}/set-right/settings/rates`);
  });
});

test.describe('the prices of a team', () => {
  const rates = '/priced-out/settings/rates';
  let team: Team;

  test.beforeAll(async () => {
    team = await createTeamByCommand('Priced Out', '10.00');
  });

  test('are found by country and by prefix', async ({ newPage }) => {
    const page = await newPage({ as: team, url: rates });
    const search = page.getByRole('searchbox', { name: 'Search prices' });
    await search.fill('germ');
    const rows = page.getByRole('table', { name: 'Prices' }).locator('tbody tr');
    await expect(rows).toHaveCount(1);
    await expect(rows).toContainText('Germany (DE)');
    await search.fill('+44');
    await expect(rows.first()).toContainText('+44');
    await search.fill('nowhere at all');
    await expect(page.getByText('No matching prices')).toBeVisible();
    // The code is that of a region, not of a country.
    expectError(page, /status of 400/);
    await search.fill('EU');
    await page.waitForURL(/q=EU/);
    await expect(page.getByText('No matching prices')).toBeVisible();
    await page.getByRole('button', { name: 'Clear search' }).last().click();
    await expect(rows).toHaveCount(100);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows.count()).toBeGreaterThan(100);
  });

  test('can be imported on a phone, in an accessible dialog', async ({ newPage }) => {
    const page = await newPage({ as: team, url: rates, viewport: { width: 360, height: 740 } });
    await page.getByRole('button', { name: 'Import' }).click();
    await expect(page.getByRole('dialog').getByLabel('Prices as CSV')).toBeVisible();
    expect(await axe(page)).toEqual([]);
  });

  test('are imported from a file: wrong lines are named, and the changes are shown before they are saved', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: rates });
    const dialog = page.getByRole('dialog');
    const bring = async (csv: string) => {
      await dialog.getByLabel('Prices as CSV').fill(csv);
      await dialog.getByRole('button', { name: 'Review changes' }).click();
    };
    await page.getByRole('button', { name: 'Import' }).click();
    await bring('country,prefix,price\nGermany,,0.07\nDE,,-1');
    await expect(dialog).toContainText('Nothing was imported.');
    await expect(dialog.getByRole('row', { name: /^2 The country must be/ })).toBeVisible();
    await expect(dialog.getByRole('row', { name: /^3 The price must be/ })).toBeVisible();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Back' }).click();
    await bring('sep=;\ncountry;prefix;price\nFR;;0\nDE;;0,0777\n');
    await expect(dialog).toContainText('Messages to these destinations are free: France');
    expect(await axe(page)).toEqual([]);
    const replace = dialog.getByRole('button', { name: 'Replace all prices with these 2' });
    await expect(replace).toBeDisabled();
    await dialog.getByLabel('Allow free messages').check();
    await expect(replace).toBeEnabled();
    await dialog.getByRole('button', { name: 'Back' }).click();
    const large = ['country;prefix;price', ...Array.from({ length: 100_000 }, (_, i) => `DE;49${100_000 + i};0,0777`)];
    const largeChooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose file' }).click();
    // A spreadsheet saves "Unicode text" in UTF-16.
    const utf16 = Buffer.from(`\uFEFF${large.join('\r\n')}`, 'utf16le');
    await (await largeChooser).setFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: utf16 });
    await expect(dialog.getByText('large.csv')).toBeVisible();
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await expect(dialog).toContainText('100000 new', { timeout: 60_000 });
    await dialog.getByRole('button', { name: 'Back' }).click();
    const file = 'country,prefix,price\r\n,7999,0.05\r\nDE,49,0.0777\r\n';
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose file' }).click();
    await (await chooser).setFiles({ name: 'card.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
    await expect(dialog.getByLabel('Prices as CSV')).toHaveValue(/0\.0777/);
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await expect(dialog).toContainText('1 changed');
    await expect(dialog).toContainText('1 new');
    await expect(dialog.getByRole('row', { name: /Germany \+49/ })).toContainText('$0.0777');
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Replace all prices with these 2' }).click();
    await expect(page.getByText('Rate card replaced: 2 prices.')).toBeVisible();
    await expect(page.getByRole('table', { name: 'Prices' }).locator('tbody tr')).toHaveCount(2);
    await expect(page.getByText('You’re using sample prices')).toHaveCount(0);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toBe(`\uFEFF${file}`);
  });
});
