import { chromium, type Browser } from '@playwright/test';
import { existsSync } from 'node:fs';

const FLAGS = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-dev-shm-usage',
  '--no-first-run',
  // Chromium refuses its sandbox to root.
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];

/** A Chromium of this machine, else the one that came with the packages. */
async function findChromium(): Promise<string> {
  const places = [
    process.env['CHROMIUM_PATH'] ?? '',
    ...['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'].map((name) => `/usr/bin/${name}`),
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ];
  const found = places.find((place) => place !== '' && existsSync(place));
  if (found) return found;
  if (`${process.platform} ${process.arch}` !== 'linux x64') {
    throw new Error('No Chromium was found: run `npx playwright install chromium`, or name one in CHROMIUM_PATH.');
  }
  // It brings the system's libraries only where it believes to be in the service that it was made for.
  process.env['AWS_LAMBDA_JS_RUNTIME'] ??= 'nodejs20.x';
  const { default: packed } = await import('@sparticuz/chromium');
  return packed.executablePath();
}

/** Starts a Chromium without a window. */
export const openBrowser = async (): Promise<Browser> =>
  chromium.launch({ executablePath: await findChromium(), args: FLAGS });
