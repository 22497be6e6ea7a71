import { AxeBuilder } from '@axe-core/playwright';
import {
  expect,
  test as base,
  type BrowserContext,
  type ConsoleMessage,
  type Page,
  type TestInfo,
} from '@playwright/test';
import { Contexts } from './contexts';
import { openSession } from './people';
import { runningProduct } from './running-product';

export { expect, runningProduct };

export type Credentials = { email: string; password: string };

export type PageOptions = {
  /** The user that is signed in already; none by default. */
  as?: Credentials | null;
  /** The path of the product to open; none by default. */
  url?: string;
  viewport?: { width: number; height: number };
  colorScheme?: 'light' | 'dark';
  /** Enables touch input instead of a mouse. */
  touch?: boolean;
  /** A page of the same browser; the new page is a second tab beside it. */
  beside?: Page;
  /** Receives live updates (the default); without them the page keeps showing what it has loaded. */
  isLive?: boolean;
};

const complaints = new WeakMap<Page, string[]>();
const expected = new WeakMap<Page, RegExp[]>();

/** Allows an error of a page that matches the pattern: it does not fail the test. */
export const expectError = (page: Page, pattern: RegExp): void => void expected.get(page)?.push(pattern);

/** Returns the errors and policy violations of a page so far. */
export const complaintsOf = (page: Page): string[] => complaints.get(page) ?? [];

export type NewPage = (options?: PageOptions) => Promise<Page>;

/**
 * Provides `newPage`, which opens a page in its own browser context and closes it after the test. A page that writes an
 * error to the console, throws, or violates its Content-Security-Policy fails its test.
 */
export const test = base.extend<{ newPage: NewPage }, { contexts: Contexts }>({
  contexts: [
    async ({ browser }, use) => {
      await use(new Contexts(browser));
    },
    { scope: 'worker' },
  ],
  newPage: async ({ contexts }, use, testInfo) => {
    const pages: Page[] = [];
    await use(async (options = {}) => {
      const page = await openPage(contexts, options, testInfo);
      pages.push(page);
      return page;
    });
    const opened = pages.filter((page) => !page.isClosed());
    const errors = opened.flatMap((page) => unexpected(page).map((text) => `${page.url()}: ${text}`));
    if (errors.length > 0) await Promise.all(opened.map((page, index) => attachScreenshot(page, index, testInfo)));
    const hasFailed = testInfo.status !== testInfo.expectedStatus || errors.length > 0;
    await Promise.all(
      [...new Set(pages.map((page) => page.context()))].map((one) => contexts.giveBack(one, hasFailed)),
    );
    if (hasFailed) await attachVideos(pages, testInfo);
    if (errors.length > 0) throw new Error(`The page complains:\n${errors.join('\n')}`);
  },
});

async function attachScreenshot(page: Page, index: number, testInfo: TestInfo): Promise<void> {
  const body = await page.screenshot({ fullPage: true }).catch(() => null);
  if (body) await testInfo.attach(`page ${index}`, { body, contentType: 'image/png' });
}

async function attachVideos(pages: Page[], testInfo: TestInfo): Promise<void> {
  for (const page of pages) {
    const path = await page.video()?.path();
    if (path) await testInfo.attach('video', { path, contentType: 'video/webm' });
  }
}

const DESKTOP = { width: 1280, height: 800 };

async function openPage(contexts: Contexts, options: PageOptions, testInfo: TestInfo): Promise<Page> {
  const { as = null, url, colorScheme = 'light', touch = false, beside, isLive = true } = options;
  const viewport = options.viewport ?? beside?.viewportSize() ?? DESKTOP;
  const context = beside?.context() ?? (await contexts.take({ touch, viewport }, testInfo));
  if (as) await enter(context, as);
  const page = await context.newPage();
  await Promise.all([listen(page), page.setViewportSize(viewport), page.emulateMedia({ colorScheme })]);
  if (!isLive) await page.addInitScript(disableLiveUpdates);
  if (url !== undefined) await openAt(page, url);
  return page;
}

/** Disables the event stream of a page and the messages of other tabs. Runs in the page. */
function disableLiveUpdates(): void {
  class Silent extends EventTarget {
    close() {}
    postMessage() {}
  }
  Object.assign(window, { EventSource: Silent, BroadcastChannel: Silent });
  // The storage passes the events that another tab has received on to this one.
  const read = Object.getOwnPropertyDescriptor(Storage.prototype, 'getItem')!.value as (key: string) => string | null;
  Storage.prototype.getItem = function getItem(key) {
    return key === 'purser-live' ? null : read.call(this, key);
  };
}

/** Opens a path and waits until React has hydrated every control: text typed earlier would be lost. */
export async function openAt(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await settle(page);
}

/** Waits until React has hydrated every control of a page. */
export async function settle(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.querySelectorAll('main :is(a, button, input, select, textarea)')].every((one) =>
      Object.keys(one).some((key) => key.startsWith('__react')),
    ),
  );
}

/** The error of Playwright's trace script, which a sandboxed frame refuses. */
const TRACE_ERROR = /^Blocked script execution in 'about:srcdoc'/;

async function listen(page: Page): Promise<void> {
  const errors: string[] = [];
  complaints.set(page, errors);
  expected.set(page, []);
  page.on('console', (message) => {
    if (message.type() !== 'error' || TRACE_ERROR.test(message.text())) return;
    errors.push(`${message.text()} ${pathOf(message)}`);
  });
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.addInitScript(() =>
    document.addEventListener('securitypolicyviolation', (event) =>
      console.error(`refused by ${event.effectiveDirective}: ${event.blockedURI} ${event.sample}`),
    ),
  );
}

/** Returns the path that an error is about, without the port of the server, which varies. */
function pathOf(message: ConsoleMessage): string {
  const { url } = message.location();
  return URL.canParse(url) ? new URL(url).pathname : url;
}

function unexpected(page: Page): string[] {
  const allowed = expected.get(page) ?? [];
  return complaintsOf(page).filter((text) => !allowed.some((pattern) => pattern.test(text)));
}

/** Signs a whole browser in without its sign-in page, for tests of something else. */
async function enter(context: BrowserContext, { email }: Credentials): Promise<void> {
  const { url, dataDir } = runningProduct();
  const value = await openSession(dataDir, email);
  const expires = Date.now() / 1000 + 30 * 86_400;
  await context.addCookies([{ name: 'purser-session', value, url, httpOnly: true, sameSite: 'Lax', expires }]);
}

/** Signs in by the form, as a user does, and waits for the next page. */
export async function signInByForm(page: Page, email: string, password: string): Promise<void> {
  if (new URL(page.url(), 'http://none').pathname !== '/sign-in') await page.goto('/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
}

/** Waits until no animation of a page runs: a colour in transition has too little contrast. */
export async function atRest(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    const ending = document.getAnimations().filter(({ effect }) => effect?.getComputedTiming().endTime !== Infinity);
    await Promise.allSettled(ending.map(({ finished }) => finished));
  });
}

/**
 * Returns the accessibility violations that axe finds on a page.
 * @param rules the only rules to check; all by default
 * @param within a selector of the only part to check; the whole page by default
 */
export async function axe(page: Page, rules?: string[], within?: string): Promise<string[]> {
  await atRest(page);
  // Legacy mode runs in the page itself; otherwise axe opens a second page for each analysis.
  const builder = new AxeBuilder({ page }).setLegacyMode().options({ resultTypes: ['violations'] });
  if (rules) builder.withRules(rules);
  if (within !== undefined) builder.include(within);
  const { violations } = await builder.analyze();
  return violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ target }) => target.join(' ')).join('; ')}`,
  );
}

/** Returns true if a tab of the page's browser holds the lock of the event stream. */
export const hasEventStream = (page: Page): Promise<boolean> =>
  page.evaluate(async () => (await navigator.locks.query()).held?.some(({ name }) => name === 'purser-live') ?? false);

/** Waits until a page receives live updates. */
export const waitForLiveUpdates = (page: Page) =>
  expect.poll(() => hasEventStream(page), { timeout: 30_000 }).toBe(true);
