import type { Locator, Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, runningProduct, signInByForm, test } from './support/browser';
import { createTeamByCommand, operate, type Team } from './support/product';

const { url } = runningProduct();

let team: Team;
const at = (path: string) => `/member-page${path}`;
const call = (method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });

type Made = { id: string; name: string; key: string };

async function make(wanted: object): Promise<Made> {
  const { status, body, text } = await call('POST', '/members', wanted);
  if (status !== 201) throw new Error(text);
  return { id: body.member.id, name: body.member.name, key: body.secrets.apiKey };
}

const memberOf = async (id: string) => (await call('GET', `/members/${id}`)).body;
const masterBalance = async (): Promise<string> => (await call('GET', '/team')).body.masterBalance;
const countMembers = async (): Promise<number> => (await call('GET', '/members?limit=100')).body.data.length;
/** Returns `ok`, or the error code that the API responds with to a key. */
const answerTo = async (key: string): Promise<string> =>
  (await callApi(`${url}/api/v1`, 'GET', '/me', { key })).body.code ?? 'ok';
const shownKey = (page: Page): Promise<string> => page.getByTestId('api-key').innerText();
const row = (page: Page, text: string | RegExp): Locator => page.getByRole('row').filter({ hasText: text });

test.beforeAll(async () => {
  team = await createTeamByCommand('Member Page', '1000.00');
});

test.describe('creating a member', () => {
  const creating = async (page: Page): Promise<Locator> => {
    await page.getByRole('button', { name: 'Create member' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create member' });
    await expect(dialog.getByLabel('Name')).toBeFocused();
    return dialog;
  };
  const submit = (dialog: Locator) => dialog.getByRole('button', { name: 'Create member' }).click();

  test('works without any input: the key is shown once, closing without a copy asks once, and the key works', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await submit(dialog);
    const key = await shownKey(page);
    expect(key).toMatch(/^pur_live_/);
    await expect(dialog).toContainText('shown once');
    await expect(dialog.locator('pre')).toContainText(`Authorization: Bearer ${key}`);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(dialog.getByText('You haven’t copied the key.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close without copying' }).click();
    await expect(dialog).toHaveCount(0);
    expect(await page.content()).not.toContain(key);
    const { status, body } = await callApi(`${url}/api/v1`, 'GET', '/me', { key });
    expect(status).toBe(200);
    const member = await memberOf(body.member.id);
    expect(member.email).toMatch(/@members\.invalid$/);
    await expect(page.getByRole('link', { name: member.name })).toBeVisible();
  });

  test('closes without a question when the key was copied or downloaded', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Taken Along');
    await submit(dialog);
    const key = await shownKey(page);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download .env' }).click(),
    ]);
    // Browsers remove a dot at the beginning of a file name.
    expect(file.suggestedFilename()).toBe('purser.env');
    expect(decodeURIComponent(file.url())).toContain(`PURSER_API_KEY=${key}\n`);
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
  });

  test('with a name, an address, a credit and a rule does at once what the dialog announced', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const before = await masterBalance();
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Whole Depot');
    await dialog.getByLabel('Email').fill('Whole@Depot.example');
    await dialog.getByLabel('Starting credit').fill('2');
    await expect(dialog.getByRole('row', { name: 'New member' })).toContainText(/\$0\.00\s*\$2\.00/);
    await dialog.getByLabel('Add auto-recharge').check();
    await dialog.getByLabel('Threshold').fill('5');
    await dialog.getByLabel('Fill up to', { exact: true }).fill('20');
    await expect(dialog.getByText('Recharges $18.00 now.')).toBeVisible();
    await submit(dialog);
    await dialog.getByRole('button', { name: 'Copy key' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(row(page, 'Whole Depot')).toContainText('$20.00');
    const member = (await call('GET', '/members?query=whole@depot.example')).body.data[0];
    expect(member).toMatchObject({
      name: 'Whole Depot',
      balance: '20.00',
      recharge: { threshold: '5.00', target: '20.00' },
    });
    expect(Number(before) - Number(await masterBalance())).toBe(20);
  });

  test('with a password lets the new user sign in', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Pass Holder');
    await dialog.getByLabel('Allow sign-in').check();
    await submit(dialog);
    await expect(dialog.getByText('Sign-in details (shown once)')).toBeVisible();
    const [email, password] = (await dialog.getByTestId('password').innerText()).trim().split(/\s+/);
    // The question also covers the password: copying only the key is not enough.
    await dialog.getByRole('button', { name: 'Copy key' }).click();
    await page.keyboard.press('Escape');
    await expect(dialog.getByText('You haven’t copied the password.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Copy password' }).click();
    await page.keyboard.press('Escape');
    await expect(dialog).toHaveCount(0);
    const other = await newPage();
    await signInByForm(other, email!, password!);
    await expect(other.getByRole('link', { name: 'My sub-account' })).toBeVisible();
    // The event stream signs the other browser out at once when its session ends.
    expectError(other, /401/);
    const { id } = (await call('GET', '/members?query=Pass%20Holder')).body.data[0];
    await page.goto(at(`/members/${id}?tab=settings`));
    await page.getByRole('button', { name: 'Reset password…' }).click();
    const reset = page.getByRole('dialog', { name: 'Reset the password of Pass Holder' });
    await reset.getByRole('button', { name: 'Reset password' }).click();
    const [same, next] = (await reset.getByTestId('password').innerText()).trim().split(/\s+/);
    expect([same, next === password]).toEqual([email, false]);
    await page.keyboard.press('Escape');
    await expect(reset.getByText('You haven’t copied the password.')).toBeVisible();
    await reset.getByRole('button', { name: 'Close without copying' }).click();
    await expect(reset).toHaveCount(0);
    await other.reload();
    await other.waitForURL(/\/sign-in/);
    await signInByForm(other, email!, next!);
    await expect(other.getByRole('link', { name: 'My sub-account' })).toBeVisible();
  });

  test('reports a taken address at its field, which can be corrected', async ({ newPage }) => {
    await make({ name: 'First', email: 'taken@depot.example' });
    const page = await newPage({ as: team, url: at('/members') });
    expectError(page, /409/);
    const dialog = await creating(page);
    const count = await countMembers();
    await dialog.getByLabel('Email').fill('TAKEN@depot.example');
    await submit(dialog);
    await expect(dialog.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
    await expect(dialog.getByText(/already in use/i)).toBeVisible();
    expect(await countMembers()).toBe(count);
    await dialog.getByLabel('Email').fill('free@depot.example');
    await submit(dialog);
    await expect(page.getByTestId('api-key')).toBeVisible();
  });

  test('creates nothing when the master balance cannot pay the starting credit', async ({ newPage }) => {
    const page = await newPage({ as: team, url: at('/members'), isLive: false });
    expectError(page, /402/);
    const dialog = await creating(page);
    const count = await countMembers();
    await dialog.getByLabel('Name').fill('Too Dear');
    await dialog.getByLabel('Starting credit').fill('1,000,000');
    await expect(dialog.getByText('Master balance too low.')).toBeVisible();
    await expect(dialog.getByRole('button', { name: 'Create member' })).toBeDisabled();
    await dialog.getByLabel('Starting credit').fill('500');
    await expect(dialog.getByRole('button', { name: 'Create member' })).toBeEnabled();
    // The page still shows the earlier balance.
    const taken = (Number(await masterBalance()) - 10).toFixed(2);
    await operate('team', 'withdraw', team.teamId, taken);
    await submit(dialog);
    await expect(dialog.getByRole('alert')).toContainText('Nothing was moved.');
    await expect(dialog.getByRole('alert')).toContainText('The master balance is $10.00; $500.00 is needed.');
    expect(await countMembers()).toBe(count);
    await operate('team', 'fund', team.teamId, taken);
    await submit(dialog);
    await expect(page.getByTestId('api-key')).toBeVisible();
    expect((await call('GET', '/members?query=too dear')).body.data).toMatchObject([{ balance: '500.00' }]);
  });
});

test.describe('the key of a member', () => {
  test('is revealed to an owner unchanged, and an audit event is recorded', async ({ newPage }) => {
    const { id, key } = await make({ name: 'Reveal Depot' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=key`) });
    await page.getByRole('button', { name: 'Reveal key' }).click();
    const dialog = page.getByRole('dialog', { name: 'Key of Reveal Depot' });
    await expect(dialog).toContainText('recorded in the audit log');
    await expect(page.getByTestId('api-key')).toHaveCount(0);
    await dialog.getByRole('button', { name: 'Reveal key' }).click();
    expect(await shownKey(page)).toBe(key);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(dialog).toHaveCount(0);
    expect(await page.content()).not.toContain(key);
    await page.goto(at(''));
    await expect(page.getByText(/revealed the API key of/).first()).toContainText('Reveal Depot');
  });

  for (const { choice, hours } of [
    { choice: 'Now (stops working immediately)', hours: 0 },
    { choice: 'In 1 hour', hours: 1 },
    { choice: 'In 24 hours', hours: 24 },
    { choice: 'In 7 days', hours: 168 },
  ])
    test(`is rotated; the old key ends: ${choice}`, async ({ newPage }) => {
      const { id, name, key } = await make({ name: `Rotate ${hours}` });
      const page = await newPage({ as: team, url: at(`/members/${id}?tab=key`) });
      await page.getByRole('button', { name: 'Rotate key' }).click();
      const dialog = page.getByRole('dialog', { name: `Rotate the API key of ${name}` });
      await dialog.getByLabel(choice).check();
      await dialog.getByRole('button', { name: 'Rotate key' }).click();
      const next = await shownKey(page);
      await dialog.getByRole('button', { name: 'Copy key' }).click();
      await dialog.getByRole('button', { name: 'Done' }).click();
      const list = page.getByRole('table', { name: 'Keys' });
      const [old, fresh] = [key, next].map((one) => list.getByRole('row').filter({ hasText: one.slice(-4) }));
      await expect(fresh!).toContainText('Current');
      expect(await answerTo(next)).toBe('ok');
      if (hours === 0) {
        await expect(old!).toContainText('Ended');
        expect(await answerTo(key)).toBe('invalid_key');
        return;
      }
      await expect(old!).toContainText('Expiring');
      expect(await answerTo(key)).toBe('ok');
      const ends = Date.parse((await old!.locator('time').last().getAttribute('datetime'))!);
      expect(Math.abs(ends - Date.now() - hours * 3_600_000)).toBeLessThan(60_000);
      await old!.getByRole('button', { name: /^End key/ }).click();
      await expect(page.getByText('Old key ended. It no longer works.')).toBeVisible();
      await expect(old!).toContainText('Ended');
      expect(await answerTo(key)).toBe('invalid_key');
      expect(await answerTo(next)).toBe('ok');
    });
});

test.describe('the auto-recharge rule of a member', () => {
  const write = async (page: Page, threshold: string, target: string) => {
    await page.getByLabel('Threshold').fill(threshold);
    await page.getByLabel('Fill up to', { exact: true }).fill(target);
  };
  const capAt = async (page: Page, amount: string) => {
    await page.getByLabel('Cap', { exact: true }).selectOption('at most');
    await page.getByLabel('Cap amount').fill(amount);
  };
  const save = (page: Page) => page.getByRole('button', { name: 'Save rule' }).click();
  const history = (page: Page) => page.getByRole('table', { name: 'Auto-recharge history' }).locator('tbody tr');
  const balance = (page: Page, amount: string) => expect(page.getByTitle(`${amount} USD`).first()).toBeVisible();

  test('does on saving what the preview said', async ({ newPage }) => {
    const { id } = await make({ name: 'Rule Depot', credit: '1.80' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await expect(page.getByRole('button', { name: 'Save rule' })).toBeDisabled();
    await write(page, '5', '4');
    await expect(page.getByText('Must be above the threshold.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Save rule' })).toBeDisabled();
    await write(page, '5', '50');
    await expect(page.getByText('Recharges $48.20 now.')).toBeVisible();
    await save(page);
    await expect(page.getByText('Auto-recharge of Rule Depot is on.')).toBeVisible();
    await balance(page, '50.00');
    await expect(history(page)).toHaveCount(1);
    await expect(history(page)).toContainText(/Recharged.*Added 48\.20 to a balance of 1\.80.*\$1\.80.*\$48\.20/s);
    expect((await memberOf(id)).balance).toBe('50.00');
    await write(page, '5', '60');
    await expect(page.getByText('No recharge needed now.')).toBeVisible();
  });

  test('fires in whole steps, and never exceeds its cap', async ({ newPage }) => {
    const { id } = await make({ name: 'Step Depot' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await page.getByLabel('Threshold').fill('5');
    await page.getByLabel('Recharge method').selectOption('add');
    await page.getByLabel('Step', { exact: true }).fill('2');
    await expect(page.getByText('Recharges $6.00 now.')).toBeVisible();
    await capAt(page, '1');
    await expect(page.getByText('Must not be above the cap, or the rule could never recharge.')).toBeVisible();
    await page.getByLabel('Cap amount').fill('4');
    await expect(page.getByText('Recharges $4.00 now (monthly cap reached).')).toBeVisible();
    await save(page);
    await expect(page.getByText('Auto-recharge of Step Depot is on, but blocked: monthly cap reached.')).toBeVisible();
    await balance(page, '4.00');
    await expect(history(page)).toContainText('Added 4.00 to a balance of 0.00 (all that was left of the cap).');
    await expect(page.getByText('Recharged this month (UTC): $4.00', { exact: false })).toBeVisible();
  });

  test('waits with its reason when the master balance is short, can be found by it, and is served once there is money', async ({
    newPage,
  }) => {
    const poor = await createTeamByCommand('Poor Page', '3.00');
    const key = poor.apiKey;
    const { body } = await callApi(`${url}/api/v1`, 'POST', '/members', { key, body: { name: 'Hungry Depot' } });
    const page = await newPage({ as: poor, url: `/poor-page/members/${body.member.id}?tab=recharge` });
    await write(page, '5', '20');
    await expect(page.getByText('If saved: no recharge yet (master balance too low).')).toBeVisible();
    await save(page);
    await expect(page.getByLabel('Auto-recharge is on, but blocked: master balance too low')).toBeChecked();
    await expect(history(page)).toContainText(
      /Blocked.*Not recharged at a balance of 0\.00: the master balance is too low\./s,
    );
    await page.goto('/poor-page/members');
    await page.getByRole('link', { name: /^View$/ }).click();
    await expect(row(page, 'Hungry Depot')).toBeVisible();
    await expect(row(page, 'Hungry Depot').getByLabel(/blocked: master balance too low/)).toBeVisible();
    await operate('team', 'fund', poor.teamId, '30.00');
    const read = () => callApi(`${url}/api/v1`, 'GET', `/members/${body.member.id}`, { key });
    await expect.poll(async () => (await read()).body.balance, { timeout: 30_000 }).toBe('20.00');
    await page.goto(`/poor-page/members/${body.member.id}?tab=recharge`);
    await expect(history(page)).toHaveCount(2);
    await expect(history(page).first()).toContainText('Added 20.00 to a balance of 0.00.');
    await expect(page.getByLabel('Auto-recharge is on')).toBeChecked();
  });

  test('is paused while its member is inactive, and says so', async ({ newPage }) => {
    const { id } = await make({ name: 'Rest Depot' });
    await call('POST', `/members/${id}/deactivate`);
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await write(page, '5', '20');
    await expect(page.getByText('Paused (the member is inactive).')).toBeVisible();
    await save(page);
    await expect(page.getByLabel('Auto-recharge is paused: the member is inactive')).toBeChecked();
    expect((await memberOf(id)).balance).toBe('0.00');
  });

  test('reports what it moved when its member is activated, and when a deactivation is undone', async ({ newPage }) => {
    const { id, name } = await make({ name: 'Wake Depot', recharge: { threshold: '5.00', target: '20.00' } });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await expect(page.getByText(`${name} deactivated`)).toBeVisible();
    await call('POST', `/members/${id}/debit`, { amount: 'all' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText(`${name} activated. Recharged $20.00 from the master balance.`)).toBeVisible();
    await call('POST', `/members/${id}/deactivate`);
    await call('POST', `/members/${id}/debit`, { amount: '18' });
    await page.reload();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await expect(page.getByText(`${name} activated. Recharged $18.00 from the master balance.`)).toBeVisible();
    // Nothing is moved when the balance suffices.
    await call('POST', `/members/${id}/deactivate`);
    await page.reload();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await expect(page.getByText(`${name} activated.`, { exact: true })).toBeVisible();
  });

  test('is switched off with its settings kept, on again, and removed', async ({ newPage }) => {
    const recharge = { threshold: '5.00', target: '20.00' };
    const { id } = await make({ name: 'Switch Depot', recharge });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    const rule = page.getByRole('switch');
    await rule.click();
    await expect(page.getByLabel('Auto-recharge is off')).not.toBeChecked();
    await call('POST', `/members/${id}/debit`, { amount: 'all' });
    expect(await memberOf(id)).toMatchObject({
      balance: '0.00',
      recharge: { ...recharge, enabled: false, state: 'off' },
    });
    await expect(page.getByLabel('Threshold')).toHaveValue('5.00');
    await rule.click();
    await expect(page.getByLabel('Auto-recharge is on')).toBeChecked();
    expect((await memberOf(id)).balance).toBe('20.00');
    await page.getByRole('button', { name: 'Remove rule' }).click();
    await expect(page.getByText('Auto-recharge rule of Switch Depot removed.')).toBeVisible();
    await expect(page.getByLabel('Threshold')).toHaveValue('');
    await expect(page.getByRole('switch')).toHaveCount(0);
    expect((await memberOf(id)).recharge).toBeNull();
    // The history of a removed rule is kept.
    await expect(history(page)).toHaveCount(2);
  });
});

test.describe('the settings of a member', () => {
  test('are saved, and errors are shown at their fields', async ({ newPage }) => {
    await make({ name: 'Neighbour', email: 'neighbour@depot.example' });
    const { id } = await make({ name: 'Old Name', email: 'old@depot.example' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    expectError(page, /400|409/);
    const save = page.getByRole('button', { name: 'Save' });
    await expect(save).toBeDisabled();
    const wrong = async (label: string, text: string, message: RegExp, mended: string) => {
      await page.getByLabel(label, { exact: true }).fill(text);
      if (await save.isEnabled()) await save.click();
      await expect(page.getByLabel(label, { exact: true })).toHaveAttribute('aria-invalid', 'true');
      await expect(page.getByText(message)).toBeVisible();
      await page.getByLabel(label, { exact: true }).fill(mended);
    };
    await wrong('Name', 'x'.repeat(121), /1 to 120 characters/, 'New Name');
    await wrong('Contact email', 'no address', /must be an email address/i, 'new@depot.example');
    await wrong('Contact email', 'neighbour@depot.example', /already in use/i, 'new@depot.example');
    await wrong('External ID', 'y'.repeat(256), /1 to 255 characters/, 'crm-9');
    await wrong('Metadata', 'no equals sign', /Each line must be name=value/, 'region=north\nplan = large');
    await save.click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'New Name', level: 1 })).toBeVisible();
    await expect(save).toBeDisabled();
    expect(await memberOf(id)).toMatchObject({
      name: 'New Name',
      email: 'new@depot.example',
      externalId: 'crm-9',
      metadata: { region: 'north', plan: 'large' },
    });
  });
});

test.describe('the deletion of a member', () => {
  test('is confirmed by entering its name if it has a balance, returns the balance, and can be undone', async ({
    newPage,
  }) => {
    const { id } = await make({ name: 'Rich Depot', credit: '150.00' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    const before = Number(await masterBalance());
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Rich Depot' });
    await expect(dialog).toContainText('$150.00 returns to the master balance');
    await expect(dialog).toContainText('for 14 days');
    const button = dialog.getByRole('button', { name: 'Delete member' });
    await expect(button).toBeDisabled();
    await dialog.getByLabel('Type “Rich Depot” to confirm').fill('Rich depot');
    await expect(button).toBeDisabled();
    await dialog.getByLabel('Type “Rich Depot” to confirm').fill('Rich Depot');
    await button.click();
    await expect(page.getByText('Rich Depot deleted. $150.00 returned to the master balance.')).toBeVisible();
    expect((await memberOf(id)).status).toBe('deleted');
    expect(Number(await masterBalance()) - before).toBe(150);
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByText('This member is deleted.')).toHaveCount(0);
    await expect.poll(() => memberOf(id)).toMatchObject({ status: 'active', balance: '0.00', apiKey: null });
  });

  test('leaves it in the list of deleted members, from which it can be restored', async ({ newPage }) => {
    const { id, key } = await make({ name: 'Gone Depot', credit: '4.00' });
    const page = await newPage({ as: team, url: at('/members') });
    await page.getByRole('searchbox').fill('Gone Depot');
    await expect(row(page, 'Gone Depot')).toBeVisible();
    await page.getByRole('button', { name: 'Actions for Gone Depot' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    // An empty member is deleted without entering its name.
    await page.getByRole('dialog').getByRole('button', { name: 'Delete member' }).click();
    await expect(page.getByRole('heading', { name: 'No matching members' })).toBeVisible();
    expect(await answerTo(key)).toBe('invalid_key');
    await page.goto(at(`/members/${id}?tab=settings`));
    await expect(page.getByText('This member is deleted.')).toBeVisible();
    for (const name of ['Credit', 'Debit', 'Rotate key'])
      await expect(page.getByRole('button', { name })).toHaveCount(0);
    await expect(page.getByRole('tab', { name: 'Settings' })).toHaveCount(0);
    await expect(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
    await page.getByRole('tab', { name: 'Transfers' }).click();
    await expect(row(page, 'Gone Depot → Master balance')).toContainText('$4.00');
    await page.goto(at('/members?status=deleted'));
    await page.getByRole('button', { name: 'Actions for Gone Depot' }).click();
    await page.getByRole('menuitem', { name: 'Restore' }).click();
    await expect(page.getByText('Gone Depot restored with a $0.00 balance.')).toBeVisible();
    await expect(row(page, 'Gone Depot')).toHaveCount(0);
    expect(await memberOf(id)).toMatchObject({ status: 'active', role: 'member', balance: '0.00' });
  });
});
