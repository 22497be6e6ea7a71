import type { Browser, BrowserContext, TestInfo } from '@playwright/test';
import { HAS_FFMPEG } from './chromium';
import { runningProduct } from './running-product';

type Wanted = { touch: boolean; viewport: { width: number; height: number } };

/**
 * The browser contexts of a worker process. A cleared context is reused, because a new one would fetch and compile the
 * scripts of every page again; not if videos are recorded, each of which covers a whole context, or if a test has set
 * its clock, which stays set.
 */
export class Contexts {
  readonly #browser: Browser;
  readonly #idle = { touch: new Set<BrowserContext>(), mouse: new Set<BrowserContext>() };
  readonly #touching = new WeakSet<BrowserContext>();
  readonly #ownClock = new WeakSet<BrowserContext>();

  constructor(browser: Browser) {
    this.#browser = browser;
  }

  async take({ touch, viewport }: Wanted, testInfo: TestInfo): Promise<BrowserContext> {
    const idle = this.#idle[touch ? 'touch' : 'mouse'];
    for (const context of idle) {
      idle.delete(context);
      return context;
    }
    const context = await this.#browser.newContext({
      baseURL: runningProduct().url,
      hasTouch: touch,
      locale: 'en-US',
      timezoneId: 'UTC',
      // The directory is removed after a test that passes.
      ...(HAS_FFMPEG && { viewport, recordVideo: { dir: testInfo.outputPath('videos'), size: viewport } }),
    });
    if (touch) this.#touching.add(context);
    const { clock } = context;
    const install = clock.install.bind(clock);
    clock.install = (options) => {
      this.#ownClock.add(context);
      return install(options);
    };
    return context;
  }

  /** Clears a context for the next test; closes it after a test that failed. */
  async giveBack(context: BrowserContext, hasFailed: boolean): Promise<void> {
    const isSpent = HAS_FFMPEG || hasFailed || this.#ownClock.has(context);
    if (isSpent || !(await empty(context))) return context.close();
    this.#idle[this.#touching.has(context) ? 'touch' : 'mouse'].add(context);
  }
}

/** Removes pages, cookies and storage of a context. Returns true if nothing is left. */
async function empty(context: BrowserContext): Promise<boolean> {
  const [first, ...others] = context.pages();
  if (!first) return false;
  await context.setOffline(false);
  await Promise.all([...others.map((page) => page.close()), context.clearCookies()]);
  const origins = new Set([runningProduct().url]);
  for (const page of [first, ...others]) if (page.url().startsWith('http')) origins.add(new URL(page.url()).origin);
  const session = await context.newCDPSession(first);
  for (const origin of origins) {
    await session.send('Storage.clearDataForOrigin', { origin, storageTypes: 'local_storage,indexeddb,cache_storage' });
  }
  await first.close();
  // A page may have set cookies while it closed.
  await context.clearCookies();
  return true;
}
