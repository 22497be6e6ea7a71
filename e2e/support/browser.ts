import { AxeBuilder } from '@axe-core/playwright';
import { expect as see, type Browser, type BrowserContext, type ConsoleMessage, type Page } from '@playwright/test';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, inject } from 'vitest';
import { openBrowser } from './chromium';

export type Credentials = { email: string; password: string };

export type PageOptions = {
  /** Who is signed in already; nobody where it is left out. */
  as?: Credentials | null;
  /** What to open, as a path of the product; nothing where it is left out. */
  url?: string;
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  /** With a finger instead of a mouse. */
  touch?: boolean;
  /** A page beside another in the same browser, as a second tab. */
  beside?: Page;
  /** It hears nothing of what changes elsewhere, and so believes in what it shows. */
  deaf?: boolean;
};

const complaints = new WeakMap<Page, string[]>();
const expected = new WeakMap<Page, RegExp[]>();

/** Lets a page complain of something (an answer that is an error is written to the console) without failing its test. */
export const expectError = (page: Page, pattern: RegExp): void => void expected.get(page)?.push(pattern);

/** What a page has complained of so far: errors, and what its policy refused. */
export const complaintsOf = (page: Page): string[] => complaints.get(page) ?? [];

/**
 * A Chromium for the tests of one file. A page that complains fails its test; of a test that fails, each page is kept as a
 * picture and as HTML.
 */
export function useBrowser(): { newPage: (options?: PageOptions) => Promise<Page> } {
  let browser: Browser | undefined;
  let pages: Page[] = [];
  beforeAll(async () => {
    browser = await openBrowser();
  });
  afterAll(() => browser?.close());
  afterEach(async ({ task }) => {
    const opened = pages.filter((page) => !page.isClosed());
    pages = [];
    const said = opened.flatMap((page) => unexpected(page).map((text) => `${page.url()}: ${text}`));
    const where = task.result?.state === 'fail' || said.length > 0 ? await keep(opened) : '';
    await Promise.all([...new Set(opened.map((page) => page.context()))].map((context) => context.close()));
    if (where) console.error(`The pages of “${task.name}” are in ${where}`);
    if (said.length > 0) throw new Error(`The page complains:\n${said.join('\n')}`);
  });
  const newPage = async (options: PageOptions = {}): Promise<Page> => {
    const page = await openPage(browser!, options);
    pages.push(page);
    return page;
  };
  return { newPage };
}

async function openPage(browser: Browser, options: PageOptions): Promise<Page> {
  const {
    as = null,
    url,
    viewport = { width: 1280, height: 800 },
    colorScheme = 'light',
    touch = false,
    beside,
    deaf = false,
  } = options;
  const baseURL = inject('product').url;
  const settings = { baseURL, viewport, colorScheme, hasTouch: touch, locale: 'en-US', timezoneId: 'UTC' };
  const context = beside?.context() ?? (await browser.newContext(settings));
  if (as) await enter(context, as);
  const page = await context.newPage();
  await listen(page);
  if (deaf) await page.addInitScript(stopEars);
  if (url !== undefined) await openAt(page, url);
  return page;
}

/** In the page: neither its own stream nor another tab's tells it anything. */
function stopEars(): void {
  class Silent extends EventTarget {
    close() {}
    postMessage() {}
  }
  Object.assign(window, { EventSource: Silent, BroadcastChannel: Silent });
  // What another tab has heard stands there.
  const read = Object.getOwnPropertyDescriptor(Storage.prototype, 'getItem')!.value as (key: string) => string | null;
  Storage.prototype.getItem = function getItem(key) {
    return key === 'purser-live' ? null : read.call(this, key);
  };
}

/** Opens a path, up to where everything on it can be used: what is typed before React has taken a field over is lost. */
export async function openAt(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settle(page);
}

/** Waits until everything on a page can be used, however one came to it. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll('main :is(a, button, input, select, textarea)')].every((one) =>
      Object.keys(one).some((key) => key.startsWith('__react')),
    ),
  );
}

async function listen(page: Page): Promise<void> {
  const said: string[] = [];
  complaints.set(page, said);
  expected.set(page, []);
  page.on('console', (message) => message.type() === 'error' && said.push(`${message.text()} ${placeOf(message)}`));
  page.on('pageerror', (error) => said.push(String(error)));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`refused by ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`),
    ),
  );
}

/** The path that a complaint is about: the server's port is another each time. */
function placeOf(message: ConsoleMessage): string {
  const { url } = message.location();
  return URL.canParse(url) ? new URL(url).pathname : url;
}

function unexpected(page: Page): string[] {
  const allowed = expected.get(page) ?? [];
  return complaintsOf(page).filter((text) => !allowed.some((pattern) => pattern.test(text)));
}

async function keep(pages: Page[]): Promise<string> {
  const dir = mkdtempSync(join(tmpdir(), 'purser-pages-'));
  for (const [index, page] of pages.entries()) {
    await page.screenshot({ path: join(dir, `${index}.png`), fullPage: true }).catch(() => {});
    writeFileSync(join(dir, `${index}.html`), await page.content().catch(String));
  }
  return dir;
}

/** Signs a whole browser in without its page, for tests that are about something else. */
async function enter(context: BrowserContext, { email, password }: Credentials): Promise<void> {
  const { url } = inject('product');
  const { csrfToken }: { csrfToken: string } = await (await context.request.get('/api/auth/csrf')).json();
  const answer = await context.request.post('/api/auth/callback/credentials', {
    form: { email, password, csrfToken, json: 'true' },
    headers: { Origin: url },
  });
  if (!answer.ok()) throw new Error(`${email} cannot sign in: ${answer.status()} ${await answer.text()}`);
}

/** Signs in as a person does, by the form, and waits for what comes then. */
export async function signIn(page: Page, email: string, password: string): Promise<void> {
  if (new URL(page.url(), 'http://none').pathname !== '/sign-in') await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

/** What of a page is not accessible, as axe finds it: nothing, where all is well. */
export async function axe(page: Page, rules?: string[]): Promise<string[]> {
  const builder = new AxeBuilder({ page });
  const { violations } = await (rules ? builder.withRules(rules) : builder).analyze();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`,
  );
}

/** Whether some tab of the page's browser has the stream. */
export const isHeld = (page: Page): Promise<boolean> =>
  page.evaluate(async () => (await navigator.locks.query()).held?.some(({ name }) => name === 'purser-live') ?? false);

/** Waits until a page hears what changes. */
export const toHear = (page: Page) => see.poll(() => isHeld(page), { timeout: 10_000 }).toBe(true);
