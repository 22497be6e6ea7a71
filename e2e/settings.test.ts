import { expect as see, type Page } from '@playwright/test';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { callApi, type Answer } from '@/tests/support/api';
import { axe, expectError, useBrowser } from './support/browser';
import { makeTeam, type Team } from './support/product';

const { url, dataDir } = inject('product');

describe('the settings of a team', () => {
  const { newPage } = useBrowser();
  let team: Team;
  const get = (path: string): Promise<Answer> => callApi(`${url}/api/v1`, 'GET', path, { key: team.apiKey });
  const form = (page: Page, label: string) => page.locator('form').filter({ has: page.getByLabel(label) });

  beforeAll(async () => {
    team = await makeTeam(dataDir, 'Set Right', '100.00');
  });

  it('are saved one form at a time, and only what was changed', async () => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    const save = (label: string) => form(page, label).getByRole('button', { name: 'Save' });
    const saved = async (label: string) => {
      await see(form(page, label).getByText('Unsaved changes')).toHaveCount(0);
      await see(save(label)).toBeDisabled();
    };
    for (const label of ['Name', 'Reserve']) await see(save(label)).toBeDisabled();
    await page.getByLabel('Default sender').fill('Acme Bank');
    await page.getByLabel('Reserve').fill('$30');
    await see(page.getByText('$70.00 of $100.00 available for auto-recharge')).toBeVisible();
    await save('Reserve').click();
    await saved('Reserve');
    expect((await get('/team')).body).toMatchObject({ reserve: '30.00', defaultSender: null });
    await see(page.getByLabel('Default sender')).toHaveValue('Acme Bank');
    await save('Name').click();
    await saved('Name');
    await page.getByRole('navigation', { name: 'Settings', exact: true }).getByRole('link', { name: 'Alerts' }).click();
    await see(save('Alert below')).toBeDisabled();
    await page.getByLabel('Alert below').fill('150.5');
    await page.keyboard.press('Enter');
    await saved('Alert below');
    expect((await get('/team')).body).toMatchObject({ defaultSender: 'Acme Bank', lowBalance: '150.50' });
    await page.getByLabel('Alert below').fill('');
    await save('Alert below').click();
    await saved('Alert below');
    expect((await get('/team')).body.lowBalance).toBeNull();
  });

  it('say at the field what cannot be', async () => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    expectError(page, /status of (400|409)/);
    const save = form(page, 'Default sender').getByRole('button', { name: 'Save' });
    await page.getByLabel('Default sender').fill('Much too long a sender');
    await save.click();
    await see(page.getByLabel('Default sender')).toHaveAccessibleDescription(/1 to 11 letters.*at least one letter/s);
    await page.getByLabel('Default sender').fill('');
  });

  it('fix the currency once money has moved, and not before', async () => {
    const page = await newPage({ as: team, url: '/set-right/settings' });
    const currency = page.getByRole('combobox', { name: 'Currency' });
    await see(currency).toBeDisabled();
    await see(page.getByText('It can’t be changed because money has moved.')).toBeVisible();
    const unmoved = await makeTeam(dataDir, 'Never Funded', null);
    const other = await newPage({ as: unmoved, url: '/never-funded/settings' });
    const free = other.getByRole('combobox', { name: 'Currency' });
    await see(free).toBeEnabled();
    await free.fill('euro');
    await other.getByRole('option', { name: 'EUR · Euro' }).click();
    await form(other, 'Default sender').getByRole('button', { name: 'Save' }).click();
    const saved = async () => (await callApi(`${url}/api/v1`, 'GET', '/team', { key: unmoved.apiKey })).body.currency;
    await expect.poll(saved).toBe('EUR');
  });

  it('ask before what was typed is lost: by a link, by the way back', async () => {
    const page = await newPage({ as: team, url: '/set-right' });
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('Name').fill('Set Wrong');
    await page.getByRole('link', { name: 'Members', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Leave without saving?' });
    await dialog.getByRole('button', { name: 'Stay' }).click();
    await see(dialog).toBeHidden();
    await see(page.getByLabel('Name')).toHaveValue('Set Wrong');
    await page.evaluate(() => window.history.back());
    await see(dialog).toBeVisible();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Leave' }).click();
    await page.waitForURL(`${url}/set-right`);
    await page.getByRole('link', { name: 'Settings' }).click();
    await see(page.getByLabel('Name')).toHaveValue('Set Right');
    await page.getByRole('link', { name: 'Rates' }).click();
    await page.waitForURL(`${url}/set-right/settings/rates`);
  });
});

describe('the prices of a team', () => {
  const { newPage } = useBrowser();
  const rates = '/priced-out/settings/rates';
  let team: Team;

  beforeAll(async () => {
    team = await makeTeam(dataDir, 'Priced Out', '10.00');
  });

  it('are looked up by country and by prefix', async () => {
    const page = await newPage({ as: team, url: rates });
    const search = page.getByRole('searchbox', { name: 'Search prices' });
    await search.fill('germ');
    const rows = page.getByRole('table', { name: 'Prices' }).locator('tbody tr');
    await see(rows).toHaveCount(1);
    await see(rows).toContainText('Germany (DE)');
    await search.fill('+44');
    await see(rows.first()).toContainText('+44');
    await search.fill('nowhere at all');
    await see(page.getByText('No matching prices')).toBeVisible();
    // A region that is no country.
    expectError(page, /status of 400/);
    await search.fill('EU');
    await page.waitForURL(/q=EU/);
    await see(page.getByText('No matching prices')).toBeVisible();
    await page.getByRole('button', { name: 'Clear search' }).last().click();
    await see(rows).toHaveCount(100);
    await page.getByRole('button', { name: 'Show more' }).click();
    await expect.poll(() => rows.count()).toBeGreaterThan(100);
  });

  it('are brought on a phone as well, in a dialog that is accessible there', async () => {
    const page = await newPage({ as: team, url: rates, viewport: { width: 360, height: 740 } });
    await page.getByRole('button', { name: 'Import' }).click();
    await see(page.getByRole('dialog').getByLabel('Prices as CSV')).toBeVisible();
    await page.waitForTimeout(300);
    expect(await axe(page)).toEqual([]);
  });

  it('are brought as a file: wrong lines are named, what changes is shown, and then it is so', async () => {
    const page = await newPage({ as: team, url: rates });
    const dialog = page.getByRole('dialog');
    const bring = async (csv: string) => {
      await dialog.getByLabel('Prices as CSV').fill(csv);
      await dialog.getByRole('button', { name: 'Review changes' }).click();
    };
    await page.getByRole('button', { name: 'Import' }).click();
    await bring('country,prefix,price\nGermany,,0.07\nDE,,-1');
    await see(dialog).toContainText('Nothing was imported.');
    await see(dialog.getByRole('row', { name: /^2 The country must be/ })).toBeVisible();
    await see(dialog.getByRole('row', { name: /^3 The price must be/ })).toBeVisible();
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Back' }).click();
    await bring('sep=;\ncountry;prefix;price\nFR;;0\nDE;;0,0777\n');
    await see(dialog).toContainText('Messages to these destinations are free: France');
    expect(await axe(page)).toEqual([]);
    const replace = dialog.getByRole('button', { name: 'Replace all prices with these 2' });
    await see(replace).toBeDisabled();
    await dialog.getByLabel('Allow free messages').check();
    await see(replace).toBeEnabled();
    await dialog.getByRole('button', { name: 'Back' }).click();
    const large = ['country;prefix;price', ...Array.from({ length: 100_000 }, (_, i) => `DE;49${100_000 + i};0,0777`)];
    const largeChooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose file' }).click();
    // As a spreadsheet saves "Unicode text".
    const utf16 = Buffer.from(`\uFEFF${large.join('\r\n')}`, 'utf16le');
    await (await largeChooser).setFiles({ name: 'large.csv', mimeType: 'text/csv', buffer: utf16 });
    await see(dialog.getByText('large.csv')).toBeVisible();
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await see(dialog).toContainText('100000 new', { timeout: 30_000 });
    await dialog.getByRole('button', { name: 'Back' }).click();
    const file = 'country,prefix,price\r\n,7999,0.05\r\nDE,49,0.0777\r\n';
    const chooser = page.waitForEvent('filechooser');
    await dialog.getByRole('button', { name: 'Choose file' }).click();
    await (await chooser).setFiles({ name: 'card.csv', mimeType: 'text/csv', buffer: Buffer.from(file) });
    await see(dialog.getByLabel('Prices as CSV')).toHaveValue(/0\.0777/);
    await dialog.getByRole('button', { name: 'Review changes' }).click();
    await see(dialog).toContainText('1 changed');
    await see(dialog).toContainText('1 new');
    await see(dialog.getByRole('row', { name: /Germany \+49/ })).toContainText('$0.0777');
    expect(await axe(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Replace all prices with these 2' }).click();
    await see(page.getByText('Rate card replaced: 2 prices.')).toBeVisible();
    await see(page.getByRole('table', { name: 'Prices' }).locator('tbody tr')).toHaveCount(2);
    await see(page.getByText('You’re using sample prices')).toHaveCount(0);
    const download = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    expect(await readFile(await (await download).path(), 'utf8')).toBe(`\uFEFF${file}`);
  });
});
