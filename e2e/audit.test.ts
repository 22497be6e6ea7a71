import { expect as see, type Page } from '@playwright/test';
import { parse } from 'csv-parse/sync';
import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { callApi, type Answer } from '@/tests/support/api';
import { expectError, openAt, signIn, toHear, useBrowser } from './support/browser';
import { makeTeam, purserJson, type Team } from './support/product';

const { url, dataDir } = inject('product');
const SOON = { timeout: 5_000 };
/** Where pictures are to be kept, for who wants to look at them. */
const PICTURES = process.env['PICTURES'];
const picture = async (page: Page, name: string): Promise<void> => {
  if (PICTURES) await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: true, animations: 'disabled' });
};

const call = (team: Team, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });

/** The person that a team's owner is made of another's key: a second owner, who signs in too. */
async function addPerson(
  team: Team,
  name: string,
  role = 'member',
): Promise<{ id: string; email: string; password: string; apiKey: string }> {
  const password = 'a password of nobody';
  const { member, secrets } = (await call(team, 'POST', '/members', { name, role, password, credit: '5' })).body;
  return { id: member.id, email: member.email, password, apiKey: secrets.apiKey };
}

describe('the audit log', () => {
  const { newPage } = useBrowser();
  let team: Team;
  let ann: { id: string };
  const rows = (page: Page) => page.getByRole('table', { name: 'What happened' }).locator('tbody tr');

  beforeAll(async () => {
    team = await makeTeam(dataDir, 'Audit House', '100.00');
    ann = (await call(team, 'POST', '/members', { name: 'Ann Audited', credit: '5' })).body.member;
    await call(team, 'POST', '/members', { name: 'Ben Beside' });
    await call(team, 'PATCH', `/members/${ann.id}`, { name: 'Anna Audited', externalId: 'a-1' });
    await call(team, 'POST', `/members/${ann.id}/key/reveal`);
    await call(team, 'PATCH', '/team/settings', { textRetentionDays: 90 });
    await purserJson(dataDir, 'team', 'suspend', team.teamId, '--reason', 'Unpaid');
    await purserJson(dataDir, 'team', 'resume', team.teamId);
  });

  it('says who did what in sentences, is narrowed by the address, and shows each change whole', async () => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit' });
    await see(rows(page)).toHaveCount(9);
    await see(rows(page).nth(1)).toContainText('suspended the team: Unpaid');
    await see(rows(page).nth(2)).toContainText('changed the settings: text retention days');
    await see(rows(page).nth(3)).toContainText('looked at the key of Anna Audited');
    await picture(page, 'audit');
    await page.getByRole('button', { name: 'What', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'Members and money' }).click();
    await see(rows(page)).toHaveCount(3);
    await see(page).toHaveURL(/what=member/);
    await page.reload();
    await see(rows(page)).toHaveCount(3);
    await rows(page).first().getByRole('button').click();
    const drawer = page.getByRole('dialog');
    const change = drawer.getByRole('table', { name: 'What changed' });
    await see(change.getByRole('row', { name: 'name' }).first()).toContainText('Ann Audited');
    await see(change.getByRole('row', { name: 'external id' })).toContainText('a-1');
    await picture(page, 'audit-detail');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'Clear what' }).click();
    await page.getByRole('button', { name: 'Who', exact: true }).click();
    await page.getByRole('menuitemcheckbox', { name: 'The operator' }).click();
    await see(rows(page)).toHaveCount(4);
    await see(rows(page).last()).toContainText('made the team');
  });

  it('of one member stands on its page, and another’s does not', async () => {
    const page = await newPage({ as: team, url: `/audit-house/members/${ann.id}` });
    await page.getByRole('tab', { name: 'Audit' }).click();
    await see(rows(page)).toHaveCount(3);
    await see(rows(page).last()).toContainText('created Anna Audited');
    await picture(page, 'audit-member');
  });

  it('as a file is what the page shows', async () => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit?what=member&channel=api' });
    await see(rows(page)).toHaveCount(3);
    const coming = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    const file = await (await coming).path();
    const lines: Record<string, string>[] = parse(await readFile(file, 'utf8'), { bom: true, columns: true });
    const api = (await call(team, 'GET', '/audit-events?action=member&channel=api')).body.data as { id: string }[];
    expect(lines.map(({ id }) => id)).toEqual(api.map(({ id }) => id));
    expect(lines.map(({ action }) => action)).toEqual(['member.updated', 'member.created', 'member.created']);
    await see(rows(page).first()).toContainText('changed name, external id of Anna Audited');
  });

  it('is written on in an open page', async () => {
    const page = await newPage({ as: team, url: '/audit-house/settings/audit' });
    await see(rows(page).first()).toContainText('resumed the team');
    await call(team, 'POST', `/members/${ann.id}/credit`, { amount: '1.50' });
    await see(rows(page).first()).toContainText('credited Anna Audited with $1.50', SOON);
  });

  it('is read on a phone in the dark', async () => {
    const viewport = { width: 390, height: 844 };
    const page = await newPage({ as: team, url: '/audit-house/settings/audit', viewport, colorScheme: 'dark' });
    await see(rows(page).filter({ hasText: 'looked at the key of Anna Audited' })).toBeVisible();
    await picture(page, 'audit-phone');
    await rows(page).first().getByRole('button').click();
    await see(page.getByRole('dialog').getByText('Through')).toBeVisible();
    await picture(page, 'audit-detail-phone');
    await page.keyboard.press('Escape');
    await openAt(page, '/account/privacy');
    await picture(page, 'privacy-phone');
    await openAt(page, '/account/teams');
    await picture(page, 'teams-phone');
  });

  it('is not for a member', async () => {
    const member = await addPerson(team, 'Mia Member');
    const page = await newPage({ as: member });
    expectError(page, /404/);
    await page.goto('/audit-house/settings/audit');
    await see(page.getByRole('heading', { name: /nothing here|not found/i })).toBeVisible();
  });
});

describe('security and privacy', () => {
  const { newPage } = useBrowser();

  it('of a team are set on their page, which says what it does', async () => {
    const team = await makeTeam(dataDir, 'Safe House', null);
    const page = await newPage({ as: team, url: '/safe-house/settings/security' });
    const form = (label: string | RegExp) => page.locator('form').filter({ has: page.getByLabel(label) });
    const again = /Ask for the password again/;
    await page.getByLabel(again).check();
    await page.getByLabel('And before a debit above').fill('250');
    await form(again).getByRole('button', { name: 'Save' }).click();
    await see(form(again).getByText('Not saved yet')).toHaveCount(0);
    const days = 'Remove texts after (days)';
    await page.getByLabel(days).fill('0');
    await see(form(days).getByRole('button', { name: 'Save' })).toBeDisabled();
    await page.getByLabel(days).fill('30');
    await see(page.getByText('are removed the next night, for good')).toBeVisible();
    await picture(page, 'security');
    await page.keyboard.press('Enter');
    await see(form(days).getByText('Not saved yet')).toHaveCount(0);
    const { body } = await call(team, 'GET', '/team/settings');
    expect(body).toMatchObject({ requireReauthentication: true, reauthenticateAbove: '250.00', textRetentionDays: 30 });
  });

  it('a suspended team says so on every page, at once', async () => {
    const team = await makeTeam(dataDir, 'Still House', null);
    const page = await newPage({ as: team, url: '/still-house/members' });
    const banner = page.getByText('This team is suspended');
    await see(banner).toHaveCount(0);
    await purserJson(dataDir, 'team', 'suspend', team.teamId);
    await see(banner).toBeVisible(SOON);
    await purserJson(dataDir, 'team', 'resume', team.teamId);
    await see(banner).toHaveCount(0, SOON);
  });
});

describe('leaving a team', () => {
  const { newPage } = useBrowser();

  it('says what happens to money, key and log, and other tabs lose the team at once', async () => {
    const team = await makeTeam(dataDir, 'Left House', '50.00');
    const user = await addPerson(team, 'Lea Leaving');
    const page = await newPage({ as: user, url: '/account/teams' });
    const other = await newPage({ beside: page, url: '/left-house' });
    expectError(other, /404/);
    await see(other.getByRole('heading', { level: 1 }).first()).toBeVisible();
    await toHear(other);
    await page.getByRole('button', { name: 'Leave Left House' }).click();
    const dialog = page.getByRole('dialog');
    await see(dialog.getByText('stays with the seat')).toBeVisible();
    await see(dialog.getByText('is refused at once')).toBeVisible();
    await picture(page, 'leave');
    await dialog.getByRole('button', { name: 'Leave team' }).click();
    await see(page.getByText('You have left Left House.')).toBeVisible();
    await see(page.getByRole('heading', { name: 'No team yet' })).toBeVisible();
    await see(other.getByRole('heading', { name: /nothing here|not found|no team/i })).toBeVisible(SOON);
    const { body } = await call(team, 'GET', `/members/${user.id}`);
    expect(body).toMatchObject({ status: 'active', balance: '5.00', name: 'Lea Leaving' });
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key: user.apiKey })).body.code).toBe('invalid_key');
  });

  it('is refused to the last owner, in words', async () => {
    const team = await makeTeam(dataDir, 'Held House', null);
    const page = await newPage({ as: team, url: '/account/teams' });
    expectError(page, /409/);
    await page.getByRole('button', { name: 'Leave Held House' }).click();
    await page.getByRole('button', { name: 'Leave team' }).click();
    await see(page.getByRole('alert').getByText('Held House would be without an owner')).toBeVisible();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await see(page.getByRole('link', { name: 'Held House' }).first()).toBeVisible();
  });
});

describe('privacy', () => {
  const { newPage } = useBrowser();

  it('one’s own data is a file', async () => {
    const team = await makeTeam(dataDir, 'Open House', null);
    const page = await newPage({ as: team, url: '/account/privacy' });
    await picture(page, 'privacy');
    const coming = page.waitForEvent('download');
    await page.getByRole('button', { name: 'Export my data' }).click();
    const data = JSON.parse(await readFile(await (await coming).path(), 'utf8')) as Record<string, unknown>;
    expect(data).toMatchObject({ user: { email: team.email }, members: [{ team: { name: 'Open House' } }] });
  });

  it('who erases himself is signed out for good, and his seat names nobody', async () => {
    const team = await makeTeam(dataDir, 'Gone House', '50.00');
    const user = await addPerson(team, 'Gil Gone');
    const sent = { to: '+14155550100', from: 'Acme', body: 'A text of Gil' };
    const { id } = (await callApi(`${url}/api/v1`, 'POST', '/messages', { key: user.apiKey, body: sent })).body;
    const page = await newPage({ as: user, url: '/account/privacy' });
    expectError(page, /400|401/);
    const tab = await newPage({ beside: page, url: '/gone-house' });
    await toHear(tab);
    expectError(tab, /40[134]/);
    await page.getByRole('button', { name: 'Erase me…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill('not the password');
    await dialog.getByRole('button', { name: 'Erase me for good' }).click();
    await see(dialog.getByLabel('Your password')).toHaveAccessibleDescription(/Wrong password/);
    await picture(page, 'erase');
    await dialog.getByLabel('Your password').fill(user.password);
    await page.keyboard.press('Enter');
    // Whoever is first, the page itself or what it hears, leads there.
    await see(page.getByRole('heading', { name: 'Sign in' })).toBeVisible({ timeout: 10_000 });
    // It may ask while the seat is gone and the session is not yet.
    const gone = tab.getByRole('heading', { name: /^Sign in$|nothing here/ });
    await see(gone).toBeVisible({ timeout: 10_000 });
    await page.getByLabel('Email').fill(user.email);
    await page.getByLabel('Password', { exact: true }).fill(user.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await see(page.getByText('is not right')).toBeVisible();
    const { body } = await call(team, 'GET', `/members/${user.id}`);
    expect(body).toMatchObject({ name: 'Erased person', status: 'active' });
    const owner = await newPage({ as: team, url: '/gone-house/settings/audit' });
    await see(owner.getByText('erased a person')).toBeVisible();
    await see(owner.getByText('Gil Gone')).toHaveCount(0);
    // The worker has removed the text.
    await see
      .poll(async () => (await call(team, 'GET', `/messages/${id}`)).body.body as string, { timeout: 15_000 })
      .toBe('');
    await openAt(owner, `/gone-house/messages?days=all&open=${id}`);
    await see(owner.getByText('The text was removed.')).toBeVisible();
    await picture(owner, 'text-removed');
  });

  it('the last owner of a team is told which, and is not erased', async () => {
    const team = await makeTeam(dataDir, 'Kept House', null);
    const page = await newPage();
    await signIn(page, team.email, team.password);
    expectError(page, /409/);
    await openAt(page, '/account/privacy');
    await page.getByRole('button', { name: 'Erase me…' }).click();
    await page.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    await see(page.getByRole('alert').getByText('“Kept House”')).toBeVisible();
    expect((await call(team, 'GET', '/me')).status).toBe(200);
  });
});
