import type { Locator, Page } from '@playwright/test';

/** A column of amounts: its table and head, the numbers of decimals of its cells, and the x at which they end. */
type MoneyColumn = { name: string; decimals: number[]; ends: number[] };

/** Returns the columns of a page's tables that contain amounts. */
export const moneyColumnsOf = (page: Page): Promise<MoneyColumn[]> =>
  page.evaluate(() => {
    const found = new Map<string, { decimals: Set<number>; ends: Set<number> }>();
    for (const amount of document.querySelectorAll('td data')) {
      const { cellIndex } = amount.closest('td')!;
      const table = amount.closest('table')!;
      const head = table.tHead?.rows[0]?.cells[cellIndex]?.textContent ?? String(cellIndex);
      const name = `${table.getAttribute('aria-label') ?? table.caption?.textContent}: ${head}`;
      const column = found.get(name) ?? { decimals: new Set(), ends: new Set() };
      column.decimals.add(/\.([0-9]+)$/.exec(amount.textContent)?.[1]!.length ?? 0);
      column.ends.add(Math.round(amount.getBoundingClientRect().right));
      found.set(name, column);
    }
    return [...found].map(([name, { decimals, ends }]) => ({ name, decimals: [...decimals], ends: [...ends] }));
  });

/** Returns the columns whose amounts do not line up. */
export const unevenColumns = (columns: MoneyColumn[]): MoneyColumn[] =>
  columns.filter(({ decimals, ends }) => decimals.length > 1 || ends.length > 1);

/** Selects an element and returns the text that the browser would copy. */
export const copied = (element: Locator): Promise<string> =>
  element.evaluate((node) => {
    document.getSelection()!.selectAllChildren(node);
    const event = new ClipboardEvent('copy', {
      bubbles: true,
      cancelable: true,
      clipboardData: new DataTransfer(),
    });
    // The browser copies the selection as it is unless a listener has replaced it.
    return node.dispatchEvent(event) ? document.getSelection()!.toString() : event.clipboardData!.getData('text/plain');
  });
