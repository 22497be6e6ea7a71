import type { Locator, Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { axe, expect, expectError, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

let team: Team;
const call = (method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
const made = async (name: string, credit?: string) =>
  (await call('POST', '/members', { name, ...(credit && { credit }) })).body.member as { id: string };
const membersNamed = async (name: string) =>
  (await call('GET', `/members?query=${encodeURIComponent(name)}`)).body.data as { balance: string }[];

const openFor = async (page: Page, name: string, run: string) => {
  await page.getByRole('button', { name: `Actions for ${name}` }).click();
  await page.getByRole('menuitem', { name: run, exact: true }).click();
  return page.getByRole('dialog', { name: `${run} ${name}` });
};
const openCreate = async (page: Page) => {
  await page.getByRole('button', { name: 'Create member' }).first().click();
  return page.getByRole('dialog', { name: 'Create member' });
};

/** Expects a field to have the focus and to be described by an error. */
async function expectRefused(field: Locator, error: RegExp): Promise<void> {
  await expect(field).toHaveAttribute('aria-invalid', 'true');
  await expect(field).toHaveAccessibleDescription(error);
  await expect(field).toBeFocused();
}

test.beforeAll(async () => {
  team = await createTeamByCommand('Form Kit', '500.00');
});

test.describe('a refused form', () => {
  test('shows each error at its field and focuses the first one: in a dialog', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/form-kit/members' });
    expectError(page, /status of 4(00|09)/);
    const dialog = await openCreate(page);
    await dialog.getByLabel('Email').fill('not an address');
    await dialog.getByLabel('Name').fill('x'.repeat(400));
    await page.keyboard.press('Enter');
    await expectRefused(dialog.getByLabel('Name'), /1 to 120 characters/);
    await expect(dialog.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
    await dialog.getByLabel('Name').fill('Ada');
    await expect(dialog.getByLabel('Name')).not.toHaveAttribute('aria-invalid');
    await dialog.getByLabel('Email').fill(team.email);
    await page.keyboard.press('Enter');
    await expectRefused(dialog.getByLabel('Email'), /already in use/);
    await expect(dialog.getByRole('alert')).toHaveCount(0);
    expect(await axe(page)).toEqual([]);
  });

  test('shows an error of a part at the field that holds it: on a page', async ({ newPage }) => {
    const { id } = await made('Labelled');
    const page = await newPage({ as: team, url: `/form-kit/members/${id}?tab=settings` });
    expectError(page, /status of 400/);
    await page.getByLabel('Metadata').fill(`color=${'x'.repeat(2000)}`);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expectRefused(page.getByLabel('Metadata'), /at most/i);
    await page.getByLabel('Metadata').fill('color=red');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    expect((await call('GET', `/members/${id}`)).body.metadata).toEqual({ color: 'red' });
  });

  test('is not sent when the browser finds the error: passwords and empty fields', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/account/password' });
    let calls = 0;
    await page.route('**/api/trpc/{account,invitations}.*', (route) => {
      if (/changePassword|createInvitation/.test(route.request().url())) calls += 1;
      return route.continue();
    });
    await page.getByLabel('Current password').fill(team.password);
    await page.getByLabel('New password').fill('short');
    await page.keyboard.press('Enter');
    await expectRefused(page.getByLabel('New password'), /Use at least 12 characters/);
    await page.goto('/form-kit/invitations');
    await page.getByRole('button', { name: 'Invite', exact: true }).first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: 'Invite', exact: true }).click();
    await expectRefused(dialog.getByLabel('Email'), /Enter an email address/);
    expect(calls).toBe(0);
  });
});

test.describe('a form whose response is lost', () => {
  test('says that it is checking, and creates and pays once', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/form-kit/members' });
    expectError(page, /ERR_CONNECTION_RESET/);
    const keys: (string | undefined)[] = [];
    await page.route('**/api/trpc/members.createMember*', async (route) => {
      keys.push(route.request().headers()['idempotency-key']);
      if (keys.length > 1) return route.continue();
      await route.fetch();
      return route.abort('connectionreset');
    });
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Once Only');
    await dialog.getByLabel('Starting credit').fill('5');
    const submit = dialog.getByRole('button', { name: 'Create member' });
    await submit.dblclick();
    await expect(dialog.getByText(/Still waiting/)).toBeVisible();
    await expect(dialog.getByText(/failed|wrong/i)).toHaveCount(0);
    await expect(submit).toBeDisabled();
    await expect(dialog.getByTestId('api-key')).toBeVisible({ timeout: 30_000 });
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect((await membersNamed('Once Only')).map(({ balance }) => balance)).toEqual(['5.00']);
  });

  test('says so when it was closed and is refused afterwards, and keeps what was typed', async ({ newPage }) => {
    const { id } = await made('Slow depot', '9.00');
    const page = await newPage({ as: team, url: '/form-kit/members', isLive: false });
    expectError(page, /ERR_CONNECTION_RESET|status of 402/);
    let isLost = true;
    await page.route('**/api/trpc/transfers.debitMember*', (route) =>
      isLost ? route.abort('connectionreset') : route.continue(),
    );
    const dialog = await openFor(page, 'Slow depot', 'Debit');
    await dialog.getByLabel('Amount').fill('9');
    await dialog.getByLabel('Note', { exact: true }).fill('Year end');
    await dialog.getByRole('button', { name: 'Debit $9.00' }).click();
    await dialog.getByText(/Still waiting/).waitFor();
    await dialog.getByRole('button', { name: 'Close', exact: true }).last().click();
    await expect(dialog).toBeHidden();
    await call('POST', `/members/${id}/debit`, { amount: '1.00' });
    isLost = false;
    await expect(page.getByRole('alert').filter({ hasText: 'Insufficient balance. No money moved.' })).toBeVisible();
    await openFor(page, 'Slow depot', 'Debit');
    await expect(dialog.getByLabel('Note', { exact: true })).toHaveValue('Year end');
    expect((await call('GET', `/members/${id}`)).body.balance).toBe('8.00');
  });
});

test.describe('text that was typed into a dialog', () => {
  const question = (page: Page) => page.getByRole('dialog', { name: 'Discard changes?' });

  test('is guarded against Escape, the backdrop, the close button and Back', async ({ newPage }) => {
    await made('Guarded depot');
    const page = await newPage({ as: team, url: '/form-kit' });
    await page.getByRole('link', { name: 'Members' }).click();
    const dialog = await openFor(page, 'Guarded depot', 'Credit');
    const note = dialog.getByLabel('Note', { exact: true });
    await note.fill('Do not lose me');
    const ways = [
      () => page.keyboard.press('Escape'),
      () => page.mouse.click(5, 5),
      () => dialog.getByRole('button', { name: 'Close' }).click(),
      () => page.evaluate(() => window.history.back()),
    ];
    for (const leave of ways) {
      await leave();
      await expect(question(page)).toBeVisible();
      await expect(question(page).getByRole('button', { name: 'Keep editing' })).toBeFocused();
      await page.keyboard.press('Escape');
      await expect(question(page)).toBeHidden();
      await expect(note).toHaveValue('Do not lose me');
    }
    await note.focus();
    await page.keyboard.press('Escape');
    expect(await axe(page)).toEqual([]);
    await question(page).getByRole('button', { name: 'Keep editing' }).click();
    await expect(note).toBeFocused();
    await page.keyboard.press('Escape');
    await question(page).getByRole('button', { name: 'Discard' }).click();
    await expect(dialog).toBeHidden();
    await openFor(page, 'Guarded depot', 'Credit');
    await expect(note).toHaveValue('');
    // Nothing was typed, so nothing is asked.
    await page.keyboard.press('Escape');
    await expect(dialog).toBeHidden();
  });

  test('leaves with the page once the user discards it on the way back', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/form-kit' });
    await page.getByRole('link', { name: 'Members' }).click();
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Never made');
    await page.evaluate(() => window.history.back());
    await question(page).getByRole('button', { name: 'Discard' }).click();
    await expect(dialog).toBeHidden();
    await expect.poll(() => new URL(page.url()).pathname).toBe('/form-kit');
  });

  test('is there again after Cancel, and can be dropped', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/form-kit/members' });
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Half written');
    await dialog.getByLabel('Add auto-recharge').check();
    await dialog.getByLabel('Threshold').fill('5');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await expect(dialog).toBeHidden();
    await openCreate(page);
    await expect(dialog.getByText('Your draft was restored.')).toBeVisible();
    await expect(dialog.getByLabel('Name')).toHaveValue('Half written');
    await expect(dialog.getByLabel('Threshold')).toHaveValue('5');
    await dialog.getByRole('button', { name: 'Start over' }).click();
    await expect(dialog.getByLabel('Name')).toHaveValue('');
    await expect(dialog.getByText('Your draft was restored.')).toBeHidden();
  });

  test('is gone once it was sent', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/form-kit/members' });
    const dialog = await openCreate(page);
    await dialog.getByLabel('Name').fill('Sent off');
    await dialog.getByRole('button', { name: 'Create member' }).click();
    await dialog.getByRole('button', { name: 'Copy key' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await openCreate(page);
    await expect(dialog.getByLabel('Name')).toHaveValue('');
  });
});
