import type { BrowserContext, Page } from '@playwright/test';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBrowser } from './support/chromium';
import { ROOT, startProduct } from './support/product';

const TEAM = '/acme-messaging';
const DIR = join(ROOT, 'docs/pictures');
const DESKTOP = { width: 1360, height: 850 };
const PHONE = { width: 390, height: 844 };

type Shot = {
  name: string;
  path: string;
  /** Prepares the page for its picture. */
  act?: (page: Page) => Promise<void>;
  dark?: boolean;
  phone?: boolean;
};

const openRow = async (page: Page, name: string, run: string) => {
  await page.getByRole('searchbox').fill(name);
  await page.getByText(/^1 of /).waitFor();
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: run, exact: true }).click();
};

const SHOTS: Shot[] = [
  { name: 'overview', path: '' },
  { name: 'members', path: '/members' },
  { name: 'members-dark', path: '/members', dark: true },
  { name: 'members-phone', path: '/members', phone: true },
  {
    name: 'messages',
    path: '/messages',
    act: async (page) => {
      await page.getByRole('button', { name: 'Country' }).click();
      await page.getByRole('menuitemcheckbox').first().waitFor();
    },
  },
  {
    name: 'message',
    path: '/messages?status=failed',
    act: async (page) => {
      await page.getByRole('table', { name: 'Messages' }).getByRole('button').nth(1).click();
      await page.getByText('Charges').waitFor();
    },
  },
  {
    name: 'send',
    path: '/messages',
    act: async (page) => {
      await page.getByRole('button', { name: 'Send message' }).click();
      const form = page.getByRole('dialog');
      await form.getByLabel('To', { exact: true }).fill('+14155550100\n+447700900123\n0800\n+4915112345678');
      await form.getByLabel('Text').fill('Your parcel arrives today between 2 and 4 pm. Reply STOP to end.');
      await form.getByRole('button', { name: /^Send to 3/ }).waitFor();
    },
  },
  { name: 'statistics', path: '/statistics?by=member' },
  {
    name: 'recharge',
    path: '/members?recharge=waiting',
    act: async (page) => {
      await page.getByRole('link', { name: 'Lagos Fashion Hub' }).click();
      await page.getByRole('tab', { name: 'Recharge' }).click();
      await page.getByRole('table', { name: 'Auto-recharge history' }).waitFor();
    },
  },
  {
    name: 'credit',
    path: '/members',
    act: async (page) => {
      await openRow(page, 'Nordlys Apotek', 'Credit');
      await page.getByLabel('Amount').fill('12.5');
      await page.getByLabel('Note', { exact: true }).fill('For the flu campaign');
    },
  },
  {
    name: 'create',
    path: '/members',
    act: async (page) => {
      await page.getByRole('button', { name: 'Create member' }).click();
      const dialog = page.getByRole('dialog');
      await dialog.getByLabel('Name').fill('Tartu Book Fair');
      await dialog.getByRole('button', { name: 'Create member' }).click();
      await page.getByTestId('api-key').waitFor();
    },
  },
];

async function take(context: BrowserContext, { name, path, act, dark, phone }: Shot): Promise<number> {
  const page = await context.newPage();
  await page.emulateMedia({ colorScheme: dark ? 'dark' : 'light', reducedMotion: 'reduce' });
  await page.setViewportSize(phone ? PHONE : DESKTOP);
  await page.goto(`${TEAM}${path}`);
  await page.waitForLoadState('networkidle');
  await act?.(page);
  await page.waitForLoadState('networkidle');
  await page.waitForTimeout(500);
  // Playwright itself only writes PNG and JPEG; WebP is the smallest for text.
  const session = await context.newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality: 82 });
  const file = join(DIR, `${name}.webp`);
  writeFileSync(file, Buffer.from(data, 'base64'));
  await page.close();
  return statSync(file).size;
}

/** Takes the pictures of docs/pictures in a newly created demo. */
async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'purser-pictures-'));
  const product = await startProduct(dataDir, { PURSER_DEMO_DAYS: '90' });
  const browser = await openBrowser();
  try {
    const { email, password } = JSON.parse(readFileSync(join(dataDir, 'demo.json'), 'utf8'));
    const context = await browser.newContext({ baseURL: product.url, deviceScaleFactor: 2, locale: 'en-US' });
    const page = await context.newPage();
    await page.goto('/sign-in');
    await page.getByLabel('Email').fill(email);
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL(`**${TEAM}`);
    mkdirSync(DIR, { recursive: true });
    for (const shot of SHOTS) console.log(`${shot.name}: ${Math.round((await take(context, shot)) / 1024)} kB`);
  } finally {
    await browser.close();
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

await main();
