import type { Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, openAt, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

test.describe('the demo’s mailbox', () => {
  let team: Team;
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const mail = (page: Page) => page.frameLocator('iframe');

  /** Opens the newest email to an address, once it has arrived. */
  const openMail = async (page: Page, to: string, subject: string | RegExp) => {
    await openAt(page, `/mailbox?to=${encodeURIComponent(to)}`);
    await page.getByRole('link', { name: subject }).first().click();
    await expect(mail(page).getByRole('heading')).toBeVisible();
  };

  test.beforeAll(async () => {
    team = await createTeamByCommand('Mailed Matters', '100.00');
  });

  test('shows the email about a demotion to the former owner, with a link to take the role back', async ({
    newPage,
  }) => {
    await call('POST', `/members/${team.memberId}/role`, { role: 'member' });
    const page = await newPage();
    await openMail(page, team.email, 'You are now a member of Mailed Matters');
    await expect(mail(page).getByText('Changed by')).toBeVisible();
    await page.getByText('Plain text').click();
    await expect(page.locator('pre')).toContainText('New role: member');
    await mail(page).getByRole('link', { name: 'View your teams' }).click();
    await page.waitForURL(/\/sign-in\?next=%2Faccount%2Fteams$/);
    await page.getByLabel('Email').fill(team.email);
    await page.getByLabel('Password', { exact: true }).fill(team.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Become an owner of Mailed Matters again' }).click();
    await page.getByRole('button', { name: 'Take the role back' }).click();
    await expect.poll(async () => (await call('GET', '/me')).body.member.role).toBe('owner');
  });

  test('runs no script in an email, whatever a name contains', async ({ newPage }) => {
    const name = '<script>window.top.stolen=1</script><img src=x onerror=top.stolen=1>';
    const email = 'hostile@example.test';
    const made = await call('POST', '/members', { name, email });
    await call('POST', `/members/${made.body.member.id}/role`, { role: 'owner' });
    const page = await newPage();
    await openMail(page, team.email, /is now an owner of Mailed Matters/);
    await expect(mail(page).getByText(name).last()).toBeVisible();
    expect(await page.evaluate(() => Reflect.get(window, 'stolen') as unknown)).toBeUndefined();
    await expect(mail(page).locator('script, [onerror]')).toHaveCount(0);
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  });

  test('holds the alert about a low master balance, which the overview shows as well', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/mailed-matters/settings/alerts' });
    await page.getByLabel('Alert below').fill('100');
    await page.keyboard.press('Enter');
    await expect(page.getByText('Saved.')).toBeVisible();
    // Users are not notified of their own actions: the API key takes the balance below the threshold.
    expect((await call('POST', '/messages', { to: '+14155550100', from: 'Mailed', body: 'Hello' })).status).toBe(202);
    await openMail(page, team.email, 'The master balance in Mailed Matters is low');
    await mail(page).getByRole('link', { name: 'View balance' }).click();
    // The link has another name of this machine, under which the browser is not signed in.
    await page.waitForURL(/\/sign-in\?next=%2Fmailed-matters$/);
    await openAt(page, `${url}/mailed-matters`);
    await expect(page.getByText('Low', { exact: true })).toBeVisible();
  });

  test('receives no more of the notifications that a user has switched off', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/account/alerts' });
    const saved = page.waitForResponse(/account\.setAlerts/);
    await page.getByLabel('Auto-recharge').uncheck();
    await saved;
    await openAt(page, '/account/alerts');
    await expect(page.getByLabel('Auto-recharge')).not.toBeChecked();
    await expect(page.getByLabel('Master balance')).toBeChecked();
    const rule = { enabled: true, threshold: '5.00', target: '5000.00' };
    const made = await call('POST', '/members', { name: 'Waits', email: 'waits@example.test', recharge: rule });
    expect(made.status).toBe(201);
    await openMail(page, 'waits@example.test', 'Your auto-recharge in Mailed Matters is blocked');
    await openAt(page, `/mailbox?to=${team.email}`);
    await expect(page.getByRole('table')).toBeVisible();
    await expect(page.getByRole('link', { name: /recharge for Waits/ })).toHaveCount(0);
  });

  test('says when no email was sent to an address', async ({ newPage }) => {
    const page = await newPage({ url: '/mailbox?to=nobody@nowhere.test' });
    await expect(page.getByRole('heading', { name: 'No matching emails' })).toBeVisible();
    await page.getByRole('button', { name: 'Clear filter' }).click();
    await expect(page.getByRole('table')).toBeVisible();
  });
});
