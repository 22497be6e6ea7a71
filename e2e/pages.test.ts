import type { Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { atRest, axe, expect, openAt, runningProduct, test } from './support/browser';
import { moneyColumnsOf, unevenColumns } from './support/money';
import { createTeamByCommand, ofThisWorker, type Team } from './support/product';

const { url } = runningProduct();

/** The most script that the team page may transfer, compressed. */
const SCRIPT_BUDGET_BYTES = 250_000;

/** The pages of an owner, below the address of the team; those of the account begin at the root. */
const PAGES = [
  '/account',
  ...['password', 'two-factor', 'sessions', 'teams', 'alerts', 'privacy'].map((page) => `/account/${page}`),
  '/mailbox',
  '',
  '/members',
  '/members?status=deleted',
  '/members/[id]',
  ...['messages', 'transfers', 'statistics', 'recharge', 'key', 'audit', 'settings'].map(
    (tab) => `/members/[id]?tab=${tab}`,
  ),
  '/invitations',
  '/messages',
  '/messages?status=failed&reference=none',
  '/statistics',
  '/statistics?by=member',
  '/transfers',
  '/settings',
  '/settings/alerts',
  '/settings/rates',
  '/settings/security',
  '/settings/audit',
  '/settings/audit?what=rates',
];

/** The columns of amounts on the pages that have some. */
const MONEY_COLUMNS: Record<string, string[]> = {
  '/members': ['Members: Balance', 'Members: Cost (30d)'],
  '/members/[id]?tab=transfers': ['Transfers: Amount', 'Transfers: Balance after'],
  '/invitations': ['Invitations: Credit'],
  '/messages': ['Messages: Cost'],
  '/statistics': ['By day: Cost', 'By day: Previous'],
  '/statistics?by=member': ['By member: Cost', 'By member: Previous'],
  '/transfers': ['Transfers: Amount', 'Transfers: Balance after'],
  '/settings/rates': ['Prices: Price per segment'],
};

/** The pages for visitors. */
const OPEN = ['/sign-in', '/forgot', '/reset/none', '/invite/none', '[invite]'];

test.describe('every page', () => {
  test.describe.configure({ mode: 'parallel' });
  let team: Team;
  let member: { id: string };
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const at = (path: string) => `/${team.slug}${path}`;
  let invite: string;
  const pathOf = (page: string) =>
    /^\/(account|mailbox)/.test(page) || OPEN.includes(page)
      ? page.replace('[invite]', invite)
      : at(page.replace('[id]', member.id));
  const asOf = (page: string) => (OPEN.includes(page) ? null : team);

  test.beforeAll(async () => {
    team = await createTeamByCommand(ofThisWorker('Every Page'), '500.00');
    const rule = { threshold: '5.00', target: '20.00', cap: { amount: '100.00', period: 'month' } };
    const wanted = { name: 'Ärzte & Söhne 株式会社 مكتب', credit: '12.50', recharge: rule };
    member = (await call('POST', '/members', wanted)).body.member;
    await call('POST', '/members', { name: 'x'.repeat(120) });
    const invited = { email: `${'x'.repeat(64)}@every-page.test`, name: 'x'.repeat(120), credit: '2.50' };
    invite = new URL((await call('POST', '/invitations', invited)).body.url).pathname;
    const message = {
      from: 'Acme',
      body: 'A text of some length, '.repeat(20),
      reference: 'r'.repeat(200),
    };
    for (const to of ['+14155550100', '+14155550100', '+4915112345678'])
      await call('POST', '/messages', { ...message, to });
  });

  /** Returns the accessibility violations of the page in its current state, in light and in dark mode. */
  const axeInBoth = async (page: Page, what: string, within?: string): Promise<string[]> => {
    const found: string[] = [];
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      // Dark mode differs only in its colours.
      const rules = colorScheme === 'dark' ? ['color-contrast'] : undefined;
      found.push(...(await axe(page, rules, within)).map((violation) => `${what}, ${colorScheme}: ${violation}`));
    }
    return found;
  };

  for (const path of [...OPEN, ...PAGES])
    test(`arrives with its data, needs no horizontal scrolling, lines up amounts, and is accessible in light and dark mode: “${path}”`, async ({
      newPage,
    }) => {
      // A page that receives live updates would fetch what they change.
      const page = await newPage({ as: asOf(path), viewport: { width: 320, height: 640 }, isLive: false });
      const requested: string[] = [];
      const begun = Date.now();
      page.on('request', (request) => {
        if (request.url().includes('/api/trpc/')) requested.push(`after ${Date.now() - begun} ms: ${request.url()}`);
      });
      await openAt(page, pathOf(path));
      const overflow = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(await overflow(), 'at 320 pixels, perhaps loading').toBeLessThanOrEqual(0);
      await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
      expect(await overflow(), 'at 320 pixels').toBeLessThanOrEqual(0);
      // The first paint needs no request for data; a tab other than the first fetches its own list.
      if (!path.includes('tab=')) expect(requested).toEqual([]);
      await page.setViewportSize({ width: 1280, height: 800 });
      const columns = await moneyColumnsOf(page);
      expect(unevenColumns(columns)).toEqual([]);
      if (MONEY_COLUMNS[path]) expect(columns.map(({ name }) => name)).toEqual(MONEY_COLUMNS[path]);
      await page.evaluate(() => document.documentElement.style.setProperty('font-size', '200%'));
      expect(await overflow(), 'at twice the font size').toBeLessThanOrEqual(0);
      await page.evaluate(() => document.documentElement.style.removeProperty('font-size'));
      expect(await axeInBoth(page, path)).toEqual([]);
    });

  test('has accessible dialogs and menus in light and dark mode', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const found: string[] = [];
    const look = async (what: string, within?: string) => void found.push(...(await axeInBoth(page, what, within)));
    const actions = page.getByRole('button', { name: /^Actions for Ärzte/ });
    for (const run of ['Credit', 'Debit', 'Auto-recharge rule', 'Reveal key', 'Rotate key', 'Make owner', 'Delete']) {
      await actions.click();
      await expect(page.getByRole('menuitem', { name: run, exact: true })).toBeVisible();
      if (run === 'Credit') await look('menu');
      await page.getByRole('menuitem', { name: run, exact: true }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
      // All dialogs hide the page behind them in the same way.
      await look(run, run === 'Credit' ? undefined : '[role=dialog]');
      await page.keyboard.press('Escape');
      await expect(page.getByRole('dialog')).toBeHidden();
    }
    await page.getByRole('button', { name: 'Create member' }).click();
    await expect(page.getByRole('dialog').getByLabel('Name')).toBeVisible();
    await page.getByLabel('Add auto-recharge').check();
    await look('create', '[role=dialog]');
    await page.keyboard.press('Escape');
    await page.getByRole('search').getByRole('button', { name: 'Status' }).click();
    await look('filter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+k');
    await expect(page.getByPlaceholder('Search members or commands…')).toBeVisible();
    await look('palette', '[role=dialog]');
    await page.keyboard.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await page.keyboard.press('?');
    await expect(page.getByRole('dialog')).toContainText('Keyboard shortcuts');
    await look('help', '[role=dialog]');
    expect(found).toEqual([]);
  });

  test('has accessible message dialogs in light and dark mode', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/messages') });
    const dialog = page.getByRole('dialog');
    const found: string[] = [];
    const look = async (what: string, isTyped = false) => {
      found.push(...(await axeInBoth(page, what)));
      await page.keyboard.press('Escape');
      if (isTyped) await dialog.getByRole('button', { name: 'Discard' }).click();
      await expect(dialog).toBeHidden();
    };
    await page.getByRole('table', { name: 'Messages' }).getByRole('button').first().click();
    await expect(dialog.getByText('Charges')).toBeVisible();
    await look('a message whole');
    await page.getByRole('button', { name: 'CSV' }).click();
    await expect(dialog.getByTestId('rows')).toBeVisible();
    await look('messages as CSV');
    await page.getByRole('button', { name: 'Send message' }).click();
    await dialog.getByLabel('To', { exact: true }).fill('+14155550100\n0800');
    await dialog.getByLabel('Text').fill('Hello “you”');
    await expect(dialog.getByRole('table', { name: 'Recipients' })).toBeVisible();
    await look('send', true);
    expect(found).toEqual([]);
  });

  test('shows the team page within its script budget, without layout shifts', async ({ newPage }) => {
    const page = await newPage({ as: team });
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    const scripts = new Map<string, number>();
    session.on('Network.responseReceived', ({ requestId, type }) => type === 'Script' && scripts.set(requestId, 0));
    session.on(
      'Network.loadingFinished',
      ({ requestId, encodedDataLength }) => scripts.has(requestId) && scripts.set(requestId, encodedDataLength),
    );
    await page.addInitScript(() => {
      Reflect.set(window, 'shifted', 0);
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) {
          Reflect.set(window, 'shifted', Reflect.get(window, 'shifted') + (Reflect.get(entry, 'value') as number));
        }
      }).observe({ type: 'layout-shift', buffered: true });
    });
    await openAt(page, at('/members'));
    await page.waitForLoadState('networkidle');
    await page.evaluate(() => document.fonts.ready.then(() => {}));
    await atRest(page);
    const sum = [...scripts.values()].reduce((a, b) => a + b, 0);
    expect(scripts.size).toBeGreaterThan(3);
    expect(sum).toBeLessThanOrEqual(SCRIPT_BUDGET_BYTES);
    expect(await page.evaluate(() => Reflect.get(window, 'shifted') as number)).toBeLessThan(0.01);
  });

  test('supports the main tasks by keyboard alone', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const keys = page.keyboard;
    await keys.press('c');
    await expect(page.getByRole('dialog').getByLabel('Name')).toBeFocused();
    await keys.type('Keyed Kiosk');
    await keys.press('Enter');
    await expect(page.getByTestId('api-key')).toBeVisible();
    await keys.press('Escape');
    await expect(page.getByText('You haven’t copied the key.')).toBeVisible();
    await keys.press('Escape');
    await expect(page.getByRole('dialog')).toBeHidden();
    await keys.press('/');
    await expect(page.getByRole('searchbox', { name: 'Search members' })).toBeFocused();
    await keys.type('Keyed');
    await expect(page.getByText(/^1 of \d+$/)).toBeVisible();
    await keys.press('Escape');
    await keys.press('j');
    await expect(page.getByRole('link', { name: 'Keyed Kiosk' })).toBeFocused();
    // The focus moves on from the name to the last button of the row.
    await expect
      .poll(async () => {
        await keys.press('Tab');
        return page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
      })
      .toBe('Actions for Keyed Kiosk');
    await keys.press('Enter');
    await expect(page.getByRole('menuitem', { name: 'Credit' })).toBeFocused();
    await keys.press('Enter');
    await expect(page.getByRole('dialog').getByLabel('Amount')).toBeFocused();
    await keys.type('5');
    await keys.press('Enter');
    await expect(page.getByText('$5.00 credited to Keyed Kiosk.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Actions for Keyed Kiosk' })).toBeFocused();
    await keys.press('Control+k');
    await expect(page.getByPlaceholder('Search members or commands…')).toBeFocused();
    await keys.type('keyed');
    await expect(page.getByRole('dialog').getByText('$5.00', { exact: false })).toBeVisible();
    await keys.press('ArrowDown');
    await keys.press('Enter');
    await expect(page.getByRole('heading', { name: 'Keyed Kiosk' })).toBeVisible();
  });
});
