import type { Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, openAt, runningProduct, signInByForm, test, waitForLiveUpdates } from './support/browser';
import { createTeamByCommand, operate, type Team } from './support/product';

const { url } = runningProduct();
const SOON = { timeout: 5_000 };
/** The directory for screenshots, if they are wanted for review. */
const PICTURES = process.env['PICTURES'];
const picture = async (page: Page, name: string): Promise<void> => {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true, animations: 'disabled' });
};

const call = (team: Team, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });

/** Creates a member whose user can sign in with a password. */
async function addUser(
  team: Team,
  name: string,
  role = 'member',
): Promise<{ id: string; email: string; password: string; apiKey: string }> {
  const password = 'an unused passphrase';
  const { member, secrets } = (await call(team, 'POST', '/members', { name, role, password, credit: '5' })).body;
  return { id: member.id, email: member.email, password, apiKey: secrets.apiKey };
}

test.describe('the audit log', () => {
  let team: Team;
  let ann: { id: string };
  const rows = (page: Page) => page.getByRole('table', { name: 'Audit log' }).locator('tbody tr');

  test.beforeAll(async () => {
    team = await createTeamByCommand('Audit House', '100.00');
    ann = (await call(team, 'POST', '/members', { name: 'Ann Audited', credit: '5' })).body.member;
    await call(team, 'POST', '/members', { name: 'Ben Beside' });
    await call(team, 'PATCH', `/members/${ann.id}`, { name: 'Anna Audited', externalId: 'a-1' });
    await call(team, 'POST', `/members/${ann.id}/key/reveal`);
    await call(team, 'PATCH', '/team/settings', { textRetentionDays: 90 });
    await operate('team', 'suspend', team.teamId, '--reason', 'Unpaid');
    await operate('team', 'resume', team.teamId);
  });

  test('describes who did what in sentences, is filtered by the address, and shows each change in full', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit' });
    await expect(rows(page)).toHaveCount(9);
    await expect(rows(page).nth(1)).toContainText('suspended the team: Unpaid');
    await expect(rows(page).nth(2)).toContainText('changed the settings: text retention days');
    await expect(rows(page).nth(3)).toContainText('revealed the API key of Anna Audited');
    await picture(page, 'audit');
    await page.getByRole('button', { name: 'Action', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Members and money' }).click();
    await expect(rows(page)).toHaveCount(3);
    await expect(page).toHaveURL(/what=member/);
    await page.reload();
    await expect(rows(page)).toHaveCount(3);
    await rows(page).first().getByRole('button').click();
    const drawer = page.getByRole('dialog');
    const change = drawer.getByRole('table', { name: 'Changes' });
    await expect(change.getByRole('row', { name: 'name' }).first()).toContainText('Ann Audited');
    await expect(change.getByRole('row', { name: 'external id' })).toContainText('a-1');
    await picture(page, 'audit-detail');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear action' }).click();
    await page.getByRole('button', { name: 'Actor', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Operator' }).click();
    await expect(rows(page)).toHaveCount(4);
    await expect(rows(page).last()).toContainText('created the team');
  });

  test('of one member is shown on the page of that member only', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/audit-house/members/${ann.id}` });
    await page.getByRole('tab', { name: 'Audit' }).click();
    await expect(rows(page)).toHaveCount(3);
    await expect(rows(page).last()).toContainText('created Anna Audited');
    await picture(page, 'audit-member');
  });

  test('is exported as the page shows it', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit?what=member&channel=api' });
    await expect(rows(page)).toHaveCount(3);
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    const file = await (await coming).path();
    const lines: Record<string, string>[] = parse(await readFile(file, 'utf8'), { bom: true, columns: true });
    const api = (await call(team, 'GET', '/audit-events?action=member&channel=api')).body.data as { id: string }[];
    expect(lines.map(({ id }) => id)).toEqual(api.map(({ id }) => id));
    expect(lines.map(({ action }) => action)).toEqual(['member.updated', 'member.created', 'member.created']);
    await expect(rows(page).first()).toContainText('changed name, external id of Anna Audited');
  });

  test('gains new events in an open page', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit' });
    await expect(rows(page).first()).toContainText('resumed the team');
    await call(team, 'POST', `/members/${ann.id}/credit`, { amount: '1.50' });
    await expect(rows(page).first()).toContainText('credited Anna Audited with $1.50', SOON);
  });

  test('is readable on a phone in dark mode', async ({ newPage }) => {
    const viewport = { width: 390, height: 844 };
    const page = await newPage({ as: team, url: '/audit-house/settings/audit', viewport, colorScheme: 'dark' });
    await expect(rows(page).filter({ hasText: 'revealed the API key of Anna Audited' })).toBeVisible();
    await picture(page, 'audit-phone');
    await rows(page).first().getByRole('button').click();
    await expect(page.getByRole('dialog').getByText('Via')).toBeVisible();
    await picture(page, 'audit-detail-phone');
    await page.keyboard.press('Escape');
    await openAt(page, '/account/privacy');
    await picture(page, 'privacy-phone');
    await openAt(page, '/account/teams');
    await picture(page, 'teams-phone');
  });

  test('is hidden from members', async ({ newPage }) => {
    const member = await addUser(team, 'Mia Member');
    const page = await newPage({ as: member });
    expectError(page, /404/);
    await page.goto('/audit-house/settings/audit');
    await expect(page.getByRole('heading', { name: /nothing here|not found/i })).toBeVisible();
  });
});

test.describe('security and privacy settings', () => {
  test('of a team are saved on their page, which states their effect', async ({ newPage }) => {
    const team = await createTeamByCommand('Safe House', null);
    const page = await newPage({ as: team, url: '/safe-house/settings/security' });
    const form = (label: string | RegExp) => page.locator('form').filter({ has: page.getByLabel(label) });
    const again = /Require re-authentication/;
    await page.getByLabel(again).check();
    await page.getByLabel('Also for debits above').fill('250');
    await form(again).getByRole('button', { name: 'Save' }).click();
    await expect(form(again).getByText('Unsaved changes')).toHaveCount(0);
    const days = 'Delete text after (days)';
    await page.getByLabel(days).fill('0');
    await expect(form(days).getByRole('button', { name: 'Save' })).toBeDisabled();
    await page.getByLabel(days).fill('30');
    await expect(page.getByText('Older text is permanently deleted tonight')).toBeVisible();
    await picture(page, 'security');
    await page.keyboard.press('Enter');
    await expect(form(days).getByText('Unsaved changes')).toHaveCount(0);
    const { body } = await call(team, 'GET', '/team/settings');
    expect(body).toMatchObject({ requireReauthentication: true, reauthenticateAbove: '250.00', textRetentionDays: 30 });
  });

  test('show on every page at once that the team is suspended', async ({ newPage }) => {
    const team = await createTeamByCommand('Still House', null);
    const page = await newPage({ as: team, url: '/still-house/members' });
    const banner = page.getByText('This team is suspended');
    await expect(banner).toHaveCount(0);
    await operate('team', 'suspend', team.teamId);
    await expect(banner).toBeVisible(SOON);
    await operate('team', 'resume', team.teamId);
    await expect(banner).toHaveCount(0, SOON);
  });
});

test.describe('leaving a team', () => {
  test('states what happens to the balance, key and log, and removes the team from other tabs at once', async ({
    newPage,
  }) => {
    const team = await createTeamByCommand('Left House', '50.00');
    const user = await addUser(team, 'Lea Leaving');
    const page = await newPage({ as: user, url: '/account/teams' });
    const other = await newPage({ beside: page, url: '/left-house' });
    expectError(other, /404/);
    await expect(other.getByRole('heading', { level: 1 }).first()).toBeVisible();
    await waitForLiveUpdates(other);
    await page.getByRole('button', { name: 'Leave Left House' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog.getByText('an owner can return it to the master balance')).toBeVisible();
    await expect(dialog.getByText('stops working immediately')).toBeVisible();
    await picture(page, 'leave');
    await dialog.getByRole('button', { name: 'Leave team' }).click();
    await expect(page.getByText('You left Left House.')).toBeVisible();
    await expect(page.getByRole('heading', { name: 'No team yet' })).toBeVisible();
    await expect(other.getByRole('heading', { name: /nothing here|not found|no team/i })).toBeVisible(SOON);
    const { body } = await call(team, 'GET', `/members/${user.id}`);
    expect(body).toMatchObject({ status: 'active', balance: '5.00', name: 'Lea Leaving' });
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key: user.apiKey })).body.code).toBe('invalid_key');
  });

  test('is refused to the last owner, with an explanation', async ({ newPage }) => {
    const team = await createTeamByCommand('Held House', null);
    const page = await newPage({ as: team, url: '/account/teams' });
    expectError(page, /409/);
    await page.getByRole('button', { name: 'Leave Held House' }).click();
    await page.getByRole('button', { name: 'Leave team' }).click();
    await expect(page.getByRole('alert').getByText('Held House would have no owner')).toBeVisible();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await expect(page.getByRole('link', { name: 'Held House' }).first()).toBeVisible();
  });
});

test.describe('privacy', () => {
  test('exports a user’s own data as a file', async ({ newPage }) => {
    const team = await createTeamByCommand('Open House', null);
    const page = await newPage({ as: team, url: '/account/privacy' });
    await picture(page, 'privacy');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export my data' }).click();
    const data = JSON.parse(await readFile(await (await coming).path(), 'utf8')) as Record<string, unknown>;
    expect(data).toMatchObject({ user: { email: team.email }, memberships: [{ team: { name: 'Open House' } }] });
  });

  test('signs out users who delete their account for good, and removes their name from the member', async ({
    newPage,
  }) => {
    const team = await createTeamByCommand('Gone House', '50.00');
    const user = await addUser(team, 'Gil Gone');
    const sent = { to: '+14155550100', from: 'Acme', body: 'A text of Gil' };
    const { id } = (await callApi(`${url}/api/v1`, 'POST', '/messages', { key: user.apiKey, body: sent })).body;
    const page = await newPage({ as: user, url: '/account/privacy' });
    expectError(page, /400|401/);
    const tab = await newPage({ beside: page, url: '/gone-house' });
    await waitForLiveUpdates(tab);
    expectError(tab, /40[134]/);
    await page.getByRole('button', { name: 'Delete my account…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill('not the password');
    await dialog.getByRole('button', { name: 'Delete permanently' }).click();
    await expect(dialog.getByLabel('Your password')).toHaveAccessibleDescription(/Wrong password/);
    await picture(page, 'erase');
    await dialog.getByLabel('Your password').fill(user.password);
    await page.keyboard.press('Enter');
    // The page and its event stream may each be the first to lead there.
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 30_000 });
    // The tab may refetch after the membership ended and before the session did.
    const gone = tab.getByRole('heading', { name: /^Sign in$|not found/ });
    await expect(gone).toBeVisible({ timeout: 30_000 });
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await expect(page.getByText('Wrong email or password.')).toBeVisible();
    const { body } = await call(team, 'GET', `/members/${user.id}`);
    expect(body).toMatchObject({ name: 'Erased person', status: 'active' });
    const owner = await newPage({ as: team, url: '/gone-house/settings/audit' });
    await expect(owner.getByText('deleted a user')).toBeVisible();
    await expect(owner.getByText('Gil Gone')).toHaveCount(0);
    // The worker removes the text of the message.
    await expect
      .poll(async () => (await call(team, 'GET', `/messages/${id}`)).body.body as string, { timeout: 30_000 })
      .toBe('');
    await openAt(owner, `/gone-house/messages?days=all&open=${id}`);
    await expect(owner.getByText('Text deleted.')).toBeVisible();
    await picture(owner, 'text-removed');
  });

  test('names the team to its last owner, and does not delete the account', async ({ newPage }) => {
    const team = await createTeamByCommand('Kept House', null);
    const page = await newPage();
    await signInByForm(page, team.email, team.password);
    expectError(page, /409/);
    await openAt(page, '/account/privacy');
    await page.getByRole('button', { name: 'Delete my account…' }).click();
    await page.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('alert').getByText('“Kept House”')).toBeVisible();
    expect((await call(team, 'GET', '/me')).status).toBe(200);
  });
});
