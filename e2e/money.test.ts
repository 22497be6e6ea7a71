import type { Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

test.describe('the transfer dialogs', () => {
  let team: Team;
  const members = '/money-pages/members';
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const made = async (name: string, credit?: string) =>
    (await call('POST', '/members', { name, ...(credit && { credit }) })).body.member as { id: string };
  const balanceOf = async (id: string) => (await call('GET', `/members/${id}`)).body.balance;
  const openFor = async (page: Page, name: string, run: string) => {
    await page.getByRole('button', { name: `Actions for ${name}` }).click();
    await page.getByRole('menuitem', { name: run, exact: true }).click();
    return page.getByRole('dialog');
  };

  test.beforeAll(async () => {
    team = await createTeamByCommand('Money Pages', '100.00');
  });

  test('credit the entered amount, show both balances before and after, and offer an undo', async ({ newPage }) => {
    const { id } = await made('North depot');
    const page = await newPage({ as: team, url: members });
    const dialog = await openFor(page, 'North depot', 'Credit');
    await dialog.getByLabel('Amount').fill('$20.5');
    await expect(dialog.getByText('= $20.50')).toBeVisible();
    const row = (name: string) => dialog.getByRole('row', { name });
    await expect(row('Master balance')).toContainText(/\$100\.00\s*\$79\.50/);
    await expect(row('North depot')).toContainText(/\$0\.00\s*\$20\.50/);
    await dialog.getByLabel('Note', { exact: true }).fill('For the spring');
    await page.keyboard.press('Enter');
    await expect(page.getByText('$20.50 credited to North depot.')).toBeVisible();
    await expect(dialog).toBeHidden();
    await expect(page.getByRole('row', { name: /North depot/ })).toContainText('$20.50');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText('Reversed. $20.50 returned to the master balance.')).toBeVisible();
    await expect(page.getByRole('row', { name: /North depot/ })).toContainText('$0.00');
    expect(await balanceOf(id)).toBe('0.00');
  });

  test('report the result of a double click once, in full and with an undo, however long a name is', async ({
    newPage,
  }) => {
    const long = `Ununterbrochen${'langername'.repeat(10)}`;
    await made(long);
    const page = await newPage({ as: team, url: members, viewport: { width: 320, height: 844 } });
    await page.getByRole('button', { name: `Actions for ${long}` }).click();
    await page.getByRole('menuitem', { name: 'Deactivate' }).dblclick();
    const toast = page.getByRole('status').filter({ hasText: long });
    await expect(toast).toHaveCount(1);
    const undo = toast.getByRole('button', { name: 'Undo' });
    await expect(undo).toBeInViewport({ ratio: 1 });
    const clipped = await toast.evaluate((one) =>
      [one, ...one.querySelectorAll('*')].some(
        (part) => part.scrollWidth > part.clientWidth + 1 && part.clientWidth > 0,
      ),
    );
    expect(clipped).toBe(false);
    await undo.click();
    await expect.poll(async () => (await call('GET', '/members?query=Ununter')).body.data[0].status).toBe('active');
  });

  test('keep the entered text, and report an unreadable amount or a short balance', async ({ newPage }) => {
    await made('South depot', '3.00');
    const page = await newPage({ as: team, url: members });
    const dialog = await openFor(page, 'South depot', 'Debit');
    const amount = dialog.getByLabel('Amount');
    const submit = dialog.getByRole('button', { name: /^Debit/ });
    await amount.fill('1,25');
    await amount.blur();
    await expect(amount).toHaveValue('1,25');
    await expect(dialog.getByText(/Enter an amount like/)).toBeVisible();
    await expect(submit).toBeDisabled();
    await amount.fill('3.01');
    await expect(dialog.getByText('South depot’s balance is $0.01 short.')).toBeVisible();
    await expect(submit).toBeDisabled();
    await amount.fill('all');
    await expect(dialog.getByText('= Full balance: $3.00')).toBeVisible();
    await submit.click();
    await expect(page.getByText('$3.00 debited from South depot.')).toBeVisible();
  });

  test('move money once on a double click', async ({ newPage }) => {
    const { id } = await made('Quick depot');
    const page = await newPage({ as: team, url: members });
    const dialog = await openFor(page, 'Quick depot', 'Credit');
    await dialog.getByLabel('Amount').fill('2');
    await dialog.getByRole('button', { name: 'Credit $2.00' }).dblclick();
    await expect(page.getByText('$2.00 credited to Quick depot.')).toBeVisible();
    await expect(dialog).toBeHidden();
    await page.waitForLoadState('networkidle');
    await expect(page.getByText('$2.00 credited to Quick depot.')).toHaveCount(1);
    expect(await balanceOf(id)).toBe('2.00');
  });

  test('move nothing and say so when another user was faster', async ({ newPage }) => {
    const { id } = await made('East depot', '4.00');
    const page = await newPage({ as: team, url: members, isLive: false });
    expectError(page, /402/);
    const dialog = await openFor(page, 'East depot', 'Debit');
    await dialog.getByLabel('Amount').fill('4');
    await expect(dialog.getByRole('button', { name: 'Debit $4.00' })).toBeEnabled();
    // The page still shows the earlier balance.
    await call('POST', `/members/${id}/debit`, { amount: '1.00' });
    await dialog.getByRole('button', { name: 'Debit $4.00' }).click();
    await expect(dialog.getByRole('alert')).toContainText('Nothing was moved.');
    await expect(dialog.getByRole('alert')).toContainText('is $3.00; $4.00 is needed');
    expect(await balanceOf(id)).toBe('3.00');
  });

  test('retry with the same key when a response is lost, never report a failure, and move the money once', async ({
    newPage,
  }) => {
    const { id } = await made('Lost depot');
    const page = await newPage({ as: team, url: members });
    expectError(page, /ERR_CONNECTION_RESET/);
    const keys: (string | undefined)[] = [];
    // The first two requests are carried out, but their responses are lost.
    await page.route('**/api/trpc/transfers.creditMember*', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 2) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    const dialog = await openFor(page, 'Lost depot', 'Credit');
    await dialog.getByLabel('Amount').fill('7');
    await dialog.getByRole('button', { name: 'Credit $7.00' }).click();
    await expect(dialog.getByText(/Still waiting/)).toBeVisible();
    await expect(dialog.getByText(/failed|wrong/i)).toHaveCount(0);
    await expect(page.getByText('$7.00 credited to Lost depot.')).toBeVisible({ timeout: 30_000 });
    expect(new Set(keys).size).toBe(1);
    expect(keys.length).toBe(3);
    expect(await balanceOf(id)).toBe('7.00');
  });

  test('keep retrying while the browser is offline, also after the dialog is closed', async ({ newPage }) => {
    const { id } = await made('Far depot');
    const page = await newPage({ as: team, url: members });
    expectError(page, /ERR_INTERNET_DISCONNECTED/);
    const dialog = await openFor(page, 'Far depot', 'Credit');
    await dialog.getByLabel('Amount').fill('2');
    await expect(dialog.getByRole('button', { name: 'Credit $2.00' })).toBeEnabled();
    await page.context().setOffline(true);
    await expect(page.getByText(/You’re offline/)).toBeVisible();
    await dialog.getByRole('button', { name: 'Credit $2.00' }).click();
    await expect(dialog.getByText(/Still waiting/)).toBeVisible();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    expect(await balanceOf(id)).toBe('0.00');
    await page.context().setOffline(false);
    await expect(page.getByText('$2.00 credited to Far depot.')).toBeVisible({ timeout: 30_000 });
    expect(await balanceOf(id)).toBe('2.00');
  });

  test('reverse a transfer from its row, with a reason, once', async ({ newPage }) => {
    const { id } = await made('Back depot', '6.00');
    const page = await newPage({ as: team, url: '/money-pages/transfers' });
    await page
      .getByRole('row', { name: /Master balance → Back depot/ })
      .getByRole('button')
      .click();
    const drawer = page.getByRole('dialog');
    await drawer.getByRole('button', { name: 'Reverse…' }).click();
    await drawer.getByLabel('Reason').fill('Wrong depot');
    await drawer.getByRole('button', { name: 'Reverse', exact: true }).click();
    await expect(page.getByText('returned to the master balance.')).toBeVisible();
    await expect(page.getByRole('row', { name: /Back depot → Master balance/ })).toContainText('Wrong depot');
    const first = page.getByRole('row', { name: /Master balance → Back depot/ });
    await expect(first).toContainText('Reversed');
    await first.getByRole('button').click();
    await expect(page.getByRole('dialog').getByText('Reversed by')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Reverse…' })).toHaveCount(0);
    expect(await balanceOf(id)).toBe('0.00');
  });
});
