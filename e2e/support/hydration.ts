import type { Locator, Page } from '@playwright/test';
import { expect } from './browser';

/** Returns the text fields of a page that can be typed into at first paint. */
const fieldsOf = (page: Page): Locator =>
  page
    .locator(
      'main :is(input, textarea):enabled:not([type=checkbox], [type=radio], [type=hidden], [readonly], [hidden], [aria-haspopup])',
    )
    .filter({ visible: true });

/**
 * Opens a page and types into each of its text fields before its scripts run; then lets them run and expects each field
 * and React to hold the text.
 * @param count the number of text fields of the page
 * @param slower the factor by which the page's processor is slowed down
 */
export async function typeBeforeHydration(page: Page, path: string, count: number, slower: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  if (slower > 1) await session.send('Emulation.setCPUThrottlingRate', { rate: slower });
  let run = () => {};
  const isTyped = new Promise<void>((resolve) => (run = resolve));
  await page.route(/\/_next\/.*\.js/, async (route) => {
    await isTyped;
    await route.continue();
  });
  await page.goto(path, { waitUntil: 'domcontentloaded' });
  await expect(fieldsOf(page)).toHaveCount(count);
  const fields = await fieldsOf(page).all();
  const texts = await Promise.all(fields.map(textFor));
  for (const [index, field] of fields.entries()) {
    expect(await keyOf(field, '__react'), 'the field is not hydrated yet').toBeNull();
    await field.fill(texts[index]!);
  }
  run();
  for (const [index, field] of fields.entries()) {
    // React holds no value for a field that it leaves to the browser.
    await expect.poll(() => valueInReact(field), { message: `field ${index} of ${path}` }).toBe(texts[index]);
    await expect(field).toHaveValue(texts[index]!);
  }
}

async function textFor(field: Locator, index: number): Promise<string> {
  if ((await field.getAttribute('type')) === 'date') return '2026-01-05';
  return (await field.getAttribute('inputmode')) === 'decimal' ? String(index + 12) : `typed early ${index}`;
}

const keyOf = (field: Locator, start: string): Promise<string | null> =>
  field.evaluate((element, prefix) => Object.keys(element).find((key) => key.startsWith(prefix)) ?? null, start);

const valueInReact = (field: Locator): Promise<string | null> =>
  field.evaluate((element: HTMLInputElement) => {
    const key = Object.keys(element).find((one) => one.startsWith('__reactProps'));
    if (key === undefined) return null;
    const props = Reflect.get(element, key) as { value?: string };
    return props.value ?? element.value;
  });
