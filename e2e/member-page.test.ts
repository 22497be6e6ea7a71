import { expect as see, type Locator, type Page } from '@playwright/test';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { callApi, type Answer } from '@/tests/support/api';
import { expectError, signIn, useBrowser } from './support/browser';
import { makeTeam, purserJson, type Team } from './support/product';

const { url, dataDir } = inject('product');
const { newPage } = useBrowser();

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
/** What a key is answered: `ok`, or the code of the refusal. */
const answerTo = async (key: string): Promise<string> =>
  (await callApi(`${url}/api/v1`, 'GET', '/me', { key })).body.code ?? 'ok';
const shownKey = (page: Page): Promise<string> => page.getByTestId('api-key').innerText();
const row = (page: Page, text: string | RegExp): Locator => page.getByRole('row').filter({ hasText: text });

beforeAll(async () => {
  team = await makeTeam(dataDir, 'Member Page', '1000.00');
});

describe('a member is created', () => {
  const creating = async (page: Page): Promise<Locator> => {
    await page.getByRole('button', { name: 'Create member' }).click();
    const dialog = page.getByRole('dialog', { name: 'Create member' });
    await see(dialog.getByLabel('Name')).toBeFocused();
    return dialog;
  };
  const submit = (dialog: Locator) => dialog.getByRole('button', { name: 'Create member' }).click();

  it('with everything generated; its key is shown once, closing without a copy asks once, and the key works', async () => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await submit(dialog);
    const key = await shownKey(page);
    expect(key).toMatch(/^pur_live_/);
    await see(dialog).toContainText('shown once');
    await see(dialog.locator('pre')).toContainText(`Authorization: Bearer ${key}`);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await see(dialog.getByText('You haven’t copied the key.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Close without copying' }).click();
    await see(dialog).toHaveCount(0);
    expect(await page.content()).not.toContain(key);
    const { status, body } = await callApi(`${url}/api/v1`, 'GET', '/me', { key });
    expect(status).toBe(200);
    const membership = await memberOf(body.member.id);
    expect(membership.email).toMatch(/@members\.invalid$/);
    await see(page.getByRole('link', { name: membership.name })).toBeVisible();
  });

  it('asks nothing when the key was copied or taken as a file', async () => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Taken Along');
    await submit(dialog);
    const key = await shownKey(page);
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      dialog.getByRole('link', { name: 'Download .env' }).click(),
    ]);
    // Browsers take away a dot at the beginning.
    expect(file.suggestedFilename()).toBe('purser.env');
    expect(decodeURIComponent(file.url())).toContain(`PURSER_API_KEY=${key}\n`);
    await page.keyboard.press('Escape');
    await see(dialog).toHaveCount(0);
  });

  it('with a name, an address, a credit and a rule, which does at once what it said', async () => {
    const page = await newPage({ as: team, url: at('/members') });
    const before = await masterBalance();
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Whole Depot');
    await dialog.getByLabel('Email').fill('Whole@Depot.example');
    await dialog.getByLabel('Starting credit').fill('2');
    await see(dialog.getByRole('row', { name: 'New member' })).toContainText(/\$0\.00\s*\$2\.00/);
    await dialog.getByLabel('With a recharge rule').check();
    await dialog.getByLabel('Threshold').fill('5');
    await dialog.getByLabel('Fill up to', { exact: true }).fill('20');
    await see(dialog.getByText('Runs now: +$18.00.')).toBeVisible();
    await submit(dialog);
    await dialog.getByRole('button', { name: 'Copy the key' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await see(row(page, 'Whole Depot')).toContainText('$20.00');
    const membership = (await call('GET', '/members?query=whole@depot.example')).body.data[0];
    expect(membership).toMatchObject({
      name: 'Whole Depot',
      balance: '20.00',
      recharge: { threshold: '5.00', target: '20.00' },
    });
    expect(Number(before) - Number(await masterBalance())).toBe(20);
  });

  it('with a password, by which somebody then signs in', async () => {
    const page = await newPage({ as: team, url: at('/members') });
    const dialog = await creating(page);
    await dialog.getByLabel('Name').fill('Pass Holder');
    await dialog.getByLabel('With a sign-in').check();
    await submit(dialog);
    await see(dialog.getByText('Sign-in details (shown once)')).toBeVisible();
    const [email, password] = (await dialog.getByTestId('password').innerText()).trim().split(/\s+/);
    // The password is asked about like the key: a copy of the key alone is not all.
    await dialog.getByRole('button', { name: 'Copy the key' }).click();
    await page.keyboard.press('Escape');
    await see(dialog.getByText('You haven’t copied the password.')).toBeVisible();
    await dialog.getByRole('button', { name: 'Copy password' }).click();
    await page.keyboard.press('Escape');
    await see(dialog).toHaveCount(0);
    const other = await newPage();
    await signIn(other, email!, password!);
    await see(other.getByRole('link', { name: 'My seat' })).toBeVisible();
    // Its stream tells the other browser at once that its session has ended.
    expectError(other, /401/);
    const { id } = (await call('GET', '/members?query=Pass%20Holder')).body.data[0];
    await page.goto(at(`/members/${id}?tab=settings`));
    await page.getByRole('button', { name: 'Reset password…' }).click();
    const reset = page.getByRole('dialog', { name: 'Reset the password of Pass Holder' });
    await reset.getByRole('button', { name: 'Reset password' }).click();
    const [same, next] = (await reset.getByTestId('password').innerText()).trim().split(/\s+/);
    expect([same, next === password]).toEqual([email, false]);
    await page.keyboard.press('Escape');
    await see(reset.getByText('You haven’t copied the password.')).toBeVisible();
    await reset.getByRole('button', { name: 'Close without copying' }).click();
    await see(reset).toHaveCount(0);
    await other.reload();
    await other.waitForURL(/\/sign-in/);
    await signIn(other, email!, next!);
    await see(other.getByRole('link', { name: 'My seat' })).toBeVisible();
  });

  it('says at the field that an address is taken, and lets it be mended', async () => {
    await make({ name: 'First', email: 'taken@depot.example' });
    const page = await newPage({ as: team, url: at('/members') });
    expectError(page, /409/);
    const dialog = await creating(page);
    const count = await countMembers();
    await dialog.getByLabel('Email').fill('TAKEN@depot.example');
    await submit(dialog);
    await see(dialog.getByLabel('Email')).toHaveAttribute('aria-invalid', 'true');
    await see(dialog.getByText(/another member/i)).toBeVisible();
    expect(await countMembers()).toBe(count);
    await dialog.getByLabel('Email').fill('free@depot.example');
    await submit(dialog);
    await see(page.getByTestId('api-key')).toBeVisible();
  });

  it('makes nothing at all when the master cannot pay the starting credit', async () => {
    const page = await newPage({ as: team, url: at('/members'), deaf: true });
    expectError(page, /402/);
    const dialog = await creating(page);
    const count = await countMembers();
    await dialog.getByLabel('Name').fill('Too Dear');
    await dialog.getByLabel('Starting credit').fill('1,000,000');
    await see(dialog.getByText('The master balance holds less.')).toBeVisible();
    await see(dialog.getByRole('button', { name: 'Create member' })).toBeDisabled();
    await dialog.getByLabel('Starting credit').fill('500');
    await see(dialog.getByRole('button', { name: 'Create member' })).toBeEnabled();
    // The page still believes in what it shows.
    const taken = (Number(await masterBalance()) - 10).toFixed(2);
    await purserJson(dataDir, 'team', 'withdraw', team.teamId, taken);
    await submit(dialog);
    await see(dialog.getByRole('alert')).toContainText('Nothing was moved.');
    await see(dialog.getByRole('alert')).toContainText('The master balance holds $10.00, $500.00 would be needed.');
    expect(await countMembers()).toBe(count);
    await purserJson(dataDir, 'team', 'fund', team.teamId, taken);
    await submit(dialog);
    await see(page.getByTestId('api-key')).toBeVisible();
    expect((await call('GET', '/members?query=too dear')).body.data).toMatchObject([{ balance: '500.00' }]);
  });
});

describe('its key', () => {
  it('is revealed to an owner, the same as before, and that is written down', async () => {
    const { id, key } = await make({ name: 'Reveal Depot' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=key`) });
    await page.getByRole('button', { name: 'Reveal key' }).click();
    const dialog = page.getByRole('dialog', { name: 'Key of Reveal Depot' });
    await see(dialog).toContainText('written to the audit log');
    await see(page.getByTestId('api-key')).toHaveCount(0);
    await dialog.getByRole('button', { name: 'Reveal key' }).click();
    expect(await shownKey(page)).toBe(key);
    await dialog.getByRole('button', { name: 'Done' }).click();
    await see(dialog).toHaveCount(0);
    expect(await page.content()).not.toContain(key);
    await page.goto(at(''));
    await see(page.getByText(/looked at the key of/).first()).toContainText('Reveal Depot');
  });

  it.each([
    { choice: 'Now: the old key is refused at once', hours: 0 },
    { choice: 'In 1 hour', hours: 1 },
    { choice: 'In 24 hours', hours: 24 },
    { choice: 'In 7 days', hours: 168 },
  ])('is replaced; the old one ends: $choice', async ({ choice, hours }) => {
    const { id, name, key } = await make({ name: `Rotate ${hours}` });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=key`) });
    await page.getByRole('button', { name: 'Rotate key' }).click();
    const dialog = page.getByRole('dialog', { name: `Rotate the key of ${name}` });
    await dialog.getByLabel(choice).check();
    await dialog.getByRole('button', { name: 'Rotate key' }).click();
    const next = await shownKey(page);
    await dialog.getByRole('button', { name: 'Copy the key' }).click();
    await dialog.getByRole('button', { name: 'Done' }).click();
    const list = page.getByRole('table', { name: 'Keys' });
    const [old, fresh] = [key, next].map((one) => list.getByRole('row').filter({ hasText: one.slice(-4) }));
    await see(fresh!).toContainText('current');
    expect(await answerTo(next)).toBe('ok');
    if (hours === 0) {
      await see(old!).toContainText('ended');
      expect(await answerTo(key)).toBe('invalid_key');
      return;
    }
    await see(old!).toContainText('expiring');
    expect(await answerTo(key)).toBe('ok');
    const ends = Date.parse((await old!.locator('time').last().getAttribute('datetime'))!);
    expect(Math.abs(ends - Date.now() - hours * 3_600_000)).toBeLessThan(60_000);
    await old!.getByRole('button', { name: /^End key/ }).click();
    await see(page.getByText('The old key is refused from now on.')).toBeVisible();
    await see(old!).toContainText('ended');
    expect(await answerTo(key)).toBe('invalid_key');
    expect(await answerTo(next)).toBe('ok');
  });
});

describe('its recharge rule', () => {
  const write = async (page: Page, threshold: string, target: string) => {
    await page.getByLabel('Threshold').fill(threshold);
    await page.getByLabel('Fill up to', { exact: true }).fill(target);
  };
  const capAt = async (page: Page, amount: string) => {
    await page.getByLabel('Cap', { exact: true }).selectOption('at most');
    await page.getByLabel('Cap amount').fill(amount);
  };
  const save = (page: Page) => page.getByRole('button', { name: 'Save rule' }).click();
  const history = (page: Page) => page.getByRole('table', { name: 'History of the recharge rule' }).locator('tbody tr');
  const balance = (page: Page, amount: string) => see(page.getByTitle(`${amount} USD`).first()).toBeVisible();

  it('does when it is saved what the sentence said it would', async () => {
    const { id } = await make({ name: 'Rule Depot', credit: '1.80' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await see(page.getByRole('button', { name: 'Save rule' })).toBeDisabled();
    await write(page, '5', '4');
    await see(page.getByText('Must be above the threshold.')).toBeVisible();
    await see(page.getByRole('button', { name: 'Save rule' })).toBeDisabled();
    await write(page, '5', '50');
    await see(page.getByText('Runs now: +$48.20.')).toBeVisible();
    await save(page);
    await see(page.getByText('The recharge rule of Rule Depot is ready.')).toBeVisible();
    await balance(page, '50.00');
    await see(history(page)).toHaveCount(1);
    await see(history(page)).toContainText(/fired.*Added 48\.20 to a balance of 1\.80.*\$1\.80.*\$48\.20/s);
    expect((await memberOf(id)).balance).toBe('50.00');
    await write(page, '5', '60');
    await see(page.getByText('Nothing happens now.')).toBeVisible();
  });

  it('fires in whole steps, and never beyond its cap', async () => {
    const { id } = await make({ name: 'Step Depot' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await page.getByLabel('Threshold').fill('5');
    await page.getByLabel('How it is recharged').selectOption('add steps of');
    await page.getByLabel('Step', { exact: true }).fill('2');
    await see(page.getByText('Runs now: +$6.00.')).toBeVisible();
    await capAt(page, '1');
    await see(page.getByText('Must not be above the cap, or the rule could never recharge.')).toBeVisible();
    await page.getByLabel('Cap amount').fill('4');
    await see(page.getByText('Runs now: +$4.00, cut: its cap is reached.')).toBeVisible();
    await save(page);
    await see(page.getByText('The recharge rule of Step Depot is waiting: its cap is reached.')).toBeVisible();
    await balance(page, '4.00');
    await see(history(page)).toContainText('Added 4.00 to a balance of 0.00 (all that was left of the cap).');
    await see(page.getByText('Recharged this month (UTC): $4.00', { exact: false })).toBeVisible();
  });

  it('waits with its reason when the master is short, is found by it, and is served once there is money', async () => {
    const poor = await makeTeam(dataDir, 'Poor Page', '3.00');
    const key = poor.apiKey;
    const { body } = await callApi(`${url}/api/v1`, 'POST', '/members', { key, body: { name: 'Hungry Depot' } });
    const page = await newPage({ as: poor, url: `/poor-page/members/${body.member.id}?tab=recharge` });
    await write(page, '5', '20');
    await see(page.getByText('Would wait: the master balance is short.')).toBeVisible();
    await save(page);
    await see(page.getByLabel('The rule is waiting: the master balance is short')).toBeChecked();
    await see(history(page)).toContainText(
      /refused.*Not recharged at a balance of 0\.00: the master balance is too low\./s,
    );
    await page.goto('/poor-page/members');
    await page.getByRole('link', { name: 'See why' }).click();
    await see(row(page, 'Hungry Depot')).toBeVisible();
    await see(row(page, 'Hungry Depot').getByLabel(/waiting: the master balance is short/)).toBeVisible();
    await purserJson(dataDir, 'team', 'fund', poor.teamId, '30.00');
    const asked = () => callApi(`${url}/api/v1`, 'GET', `/members/${body.member.id}`, { key });
    await expect.poll(async () => (await asked()).body.balance, { timeout: 15_000 }).toBe('20.00');
    await page.goto(`/poor-page/members/${body.member.id}?tab=recharge`);
    await see(history(page)).toHaveCount(2);
    await see(history(page).first()).toContainText('Added 20.00 to a balance of 0.00.');
    await see(page.getByLabel('The rule is ready')).toBeChecked();
  });

  it('rests while its member is inactive, and says so', async () => {
    const { id } = await make({ name: 'Rest Depot' });
    await call('POST', `/members/${id}/deactivate`);
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    await write(page, '5', '20');
    await see(page.getByText('Rests now: the member is inactive.')).toBeVisible();
    await save(page);
    await see(page.getByLabel('The rule is paused: the member is inactive')).toBeChecked();
    expect((await memberOf(id)).balance).toBe('0.00');
  });

  it('says what it moved when its member is activated, and when a deactivation is taken back', async () => {
    const { id, name } = await make({ name: 'Wake Depot', recharge: { threshold: '5.00', target: '20.00' } });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    await page.getByRole('button', { name: 'Deactivate' }).click();
    await see(page.getByText(`${name} is inactive`)).toBeVisible();
    await call('POST', `/members/${id}/debit`, { amount: 'all' });
    await page.getByRole('button', { name: 'Undo' }).click();
    await see(page.getByText(`${name} is active. Recharged $20.00 from the master balance.`)).toBeVisible();
    await call('POST', `/members/${id}/deactivate`);
    await call('POST', `/members/${id}/debit`, { amount: '18' });
    await page.reload();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await see(page.getByText(`${name} is active. Recharged $18.00 from the master balance.`)).toBeVisible();
    // Nothing has moved when the balance suffices.
    await call('POST', `/members/${id}/deactivate`);
    await page.reload();
    await page.getByRole('button', { name: 'Activate', exact: true }).click();
    await see(page.getByText(`${name} is active.`, { exact: true })).toBeVisible();
  });

  it('is switched off with its settings kept, on again, and removed', async () => {
    const recharge = { threshold: '5.00', target: '20.00' };
    const { id } = await make({ name: 'Switch Depot', recharge });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=recharge`) });
    const rule = page.getByRole('switch');
    await rule.click();
    await see(page.getByLabel('The rule is off')).not.toBeChecked();
    await call('POST', `/members/${id}/debit`, { amount: 'all' });
    expect(await memberOf(id)).toMatchObject({
      balance: '0.00',
      recharge: { ...recharge, enabled: false, state: 'off' },
    });
    await see(page.getByLabel('Threshold')).toHaveValue('5.00');
    await rule.click();
    await see(page.getByLabel('The rule is ready')).toBeChecked();
    expect((await memberOf(id)).balance).toBe('20.00');
    await page.getByRole('button', { name: 'Remove rule' }).click();
    await see(page.getByText('Switch Depot has no recharge rule any more.')).toBeVisible();
    await see(page.getByLabel('Threshold')).toHaveValue('');
    await see(page.getByRole('switch')).toHaveCount(0);
    expect((await memberOf(id)).recharge).toBeNull();
    // What it did stays to be read.
    await see(history(page)).toHaveCount(2);
  });
});

describe('its settings', () => {
  it('are changed, and what is wrong is said at its field', async () => {
    await make({ name: 'Neighbour', email: 'neighbour@depot.example' });
    const { id } = await make({ name: 'Old Name', email: 'old@depot.example' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    expectError(page, /400|409/);
    const save = page.getByRole('button', { name: 'Save' });
    await see(save).toBeDisabled();
    const wrong = async (label: string, text: string, said: RegExp, mended: string) => {
      await page.getByLabel(label, { exact: true }).fill(text);
      if (await save.isEnabled()) await save.click();
      await see(page.getByLabel(label, { exact: true })).toHaveAttribute('aria-invalid', 'true');
      await see(page.getByText(said)).toBeVisible();
      await page.getByLabel(label, { exact: true }).fill(mended);
    };
    await wrong('Name', 'x'.repeat(121), /1 to 120 characters/, 'New Name');
    await wrong('Contact email', 'no address', /must be an e-mail address/i, 'new@depot.example');
    await wrong('Contact email', 'neighbour@depot.example', /another member/i, 'new@depot.example');
    await wrong('External id', 'y'.repeat(256), /1 to 255 characters/, 'crm-9');
    await wrong('Metadata', 'no equals sign', /Each line is name=value/, 'region=north\nplan = large');
    await save.click();
    await see(page.getByText('Saved.')).toBeVisible();
    await see(page.getByRole('heading', { name: 'New Name', level: 1 })).toBeVisible();
    await see(save).toBeDisabled();
    expect(await memberOf(id)).toMatchObject({
      name: 'New Name',
      email: 'new@depot.example',
      externalId: 'crm-9',
      metadata: { region: 'north', plan: 'large' },
    });
  });
});

describe('its end', () => {
  it('is confirmed by its name where much is at stake, returns the balance, and is taken back', async () => {
    const { id } = await make({ name: 'Rich Depot', credit: '150.00' });
    const page = await newPage({ as: team, url: at(`/members/${id}?tab=settings`) });
    const before = Number(await masterBalance());
    await page.getByRole('button', { name: 'Delete…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Delete Rich Depot' });
    await see(dialog).toContainText('$150.00 returns to the master balance');
    await see(dialog).toContainText('for 14 days');
    const button = dialog.getByRole('button', { name: 'Delete member' });
    await see(button).toBeDisabled();
    await dialog.getByLabel('Type “Rich Depot” to delete it').fill('Rich depot');
    await see(button).toBeDisabled();
    await dialog.getByLabel('Type “Rich Depot” to delete it').fill('Rich Depot');
    await button.click();
    await see(page.getByText('Rich Depot was deleted; $150.00 returned to the master balance.')).toBeVisible();
    expect((await memberOf(id)).status).toBe('deleted');
    expect(Number(await masterBalance()) - before).toBe(150);
    await page.getByRole('button', { name: 'Undo' }).click();
    await see(page.getByText('This member is deleted.')).toHaveCount(0);
    await expect.poll(() => memberOf(id)).toMatchObject({ status: 'active', balance: '0.00', apiKey: null });
  });

  it('is found under the deleted, shown as what it was, and brought back', async () => {
    const { id, key } = await make({ name: 'Gone Depot', credit: '4.00' });
    const page = await newPage({ as: team, url: at('/members') });
    await page.getByRole('searchbox').fill('Gone Depot');
    await see(row(page, 'Gone Depot')).toBeVisible();
    await page.getByRole('button', { name: 'Actions for Gone Depot' }).click();
    await page.getByRole('menuitem', { name: 'Delete' }).click();
    // Little is at stake: no name is asked for.
    await page.getByRole('dialog').getByRole('button', { name: 'Delete member' }).click();
    await see(page.getByRole('heading', { name: 'No member matches' })).toBeVisible();
    expect(await answerTo(key)).toBe('invalid_key');
    await page.goto(at(`/members/${id}?tab=settings`));
    await see(page.getByText('This member is deleted.')).toBeVisible();
    for (const name of ['Credit', 'Debit', 'Rotate key']) await see(page.getByRole('button', { name })).toHaveCount(0);
    await see(page.getByRole('tab', { name: 'Settings' })).toHaveCount(0);
    await see(page.getByRole('tab', { name: 'Overview' })).toHaveAttribute('aria-selected', 'true');
    await page.getByRole('tab', { name: 'Transfers' }).click();
    await see(row(page, 'Gone Depot → Master balance')).toContainText('$4.00');
    await page.goto(at('/members?status=deleted'));
    await page.getByRole('button', { name: 'Actions for Gone Depot' }).click();
    await page.getByRole('menuitem', { name: 'Restore' }).click();
    await see(page.getByText('Gone Depot is back, as a member with balance 0.')).toBeVisible();
    await see(row(page, 'Gone Depot')).toHaveCount(0);
    expect(await memberOf(id)).toMatchObject({ status: 'active', role: 'member', balance: '0.00' });
  });
});
