import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { axe, expect, expectError, openAt, test } from './support/browser';
import { typeBeforeHydration } from './support/hydration';
import { sql } from './support/people';
import { startProduct, type Product } from './support/product';

const SETTINGS = {
  PURSER_DEMO: '0',
  PURSER_SECRET: 'setup-only-Kq3v9ZmX7rT2yLw8pHs4Jd6f',
  CARRIER: 'sandbox',
  ALLOW_HTTP: '1',
};

const dataDir = mkdtempSync(join(tmpdir(), 'purser-setup-'));
let product: Product;
test.beforeAll(async () => {
  product = await startProduct(dataDir, SETTINGS);
});
test.afterAll(async () => {
  await product.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

test.describe('a first start without the demo', () => {
  test('prints the set-up address; the first team is created there once, and its owner is signed in', async ({
    newPage,
  }) => {
    const [printed = ''] = /http:\/\/localhost:\d+\/setup\?code=\S+/.exec(product.output()) ?? [];
    const { pathname, search, searchParams } = new URL(printed);
    const here = `${product.url}${pathname}`;
    await typeBeforeHydration(await newPage(), `${here}${search}`, 5, 1);
    const page = await newPage({ url: `${product.url}/sign-in` });
    expectError(page, /status of 40[04]/);
    await page.getByRole('link', { name: 'Set up the first team' }).click();
    await page.waitForURL(here);
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axe(page)).toEqual([]);
    }
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    const fill = async (password: string) => {
      await page.getByLabel('Team', { exact: true }).fill('First Team');
      await page.getByLabel('Your name').fill('Fiona First');
      await page.getByLabel('Your email').fill('fiona@example.test');
      await page.getByLabel('Password', { exact: true }).fill(password);
      await page.getByRole('button', { name: 'Create team' }).click();
    };
    await page.getByLabel('Set-up code').fill('a guess');
    await fill('correct horse battery');
    await expect(page.getByText('Wrong setup code. Use the code that npm start printed.')).toBeVisible();
    // The address does not contain the password, and the form keeps its values.
    expect(page.url()).toBe(here);
    await openAt(page, `${here}${search}`);
    await expect(page.getByLabel('Set-up code')).toHaveValue(searchParams.get('code')!);
    await fill('correct horse battery');
    await page.waitForURL(`${product.url}/first-team`);

    expect((await fetch(`${here}${search}`)).status).toBe(404);
    const made = await sql(
      dataDir,
      'SELECT t.name AS team, m.name, m.role FROM members m JOIN teams t ON t.id = m.team_id',
    );
    expect(made).toEqual([{ team: 'First Team', name: 'Fiona First', role: 'owner' }]);
  });
});
