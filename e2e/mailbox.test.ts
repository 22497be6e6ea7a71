import { expect as see, type Page } from '@playwright/test';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { callApi, type Answer } from '@/tests/support/api';
import { openAt, useBrowser } from './support/browser';
import { makeTeam, type Team } from './support/product';

const { url, dataDir } = inject('product');

describe('the demo’s mailbox', () => {
  const { newPage } = useBrowser();
  let team: Team;
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const mail = (page: Page) => page.frameLocator('iframe');

  /** The newest mail to an address, once it is there. */
  const openMail = async (page: Page, to: string, subject: string | RegExp) => {
    await openAt(page, `/mailbox?to=${encodeURIComponent(to)}`);
    await page.getByRole('link', { name: subject }).first().click();
    await see(mail(page).getByRole('heading')).toBeVisible();
  };

  beforeAll(async () => {
    team = await makeTeam(dataDir, 'Mailed Matters', '100.00');
  });

  it('shows who stepped down the mail about it, whose link leads him back to his role', async () => {
    await call('POST', `/members/${team.memberId}/role`, { role: 'member' });
    const page = await newPage();
    await openMail(page, team.email, 'You are now a member of Mailed Matters');
    await see(mail(page).getByText('Changed by')).toBeVisible();
    await page.getByText('As plain text').click();
    await see(page.locator('pre')).toContainText('New role: member');
    await mail(page).getByRole('link', { name: 'View your teams' }).click();
    await page.waitForURL(/\/sign-in\?next=%2Faccount%2Fteams$/);
    await page.getByLabel('Email').fill(team.email);
    await page.getByLabel('Password', { exact: true }).fill(team.password);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('button', { name: 'Become an owner of Mailed Matters again' }).click();
    await page.getByRole('button', { name: 'Take the role back' }).click();
    await expect.poll(async () => (await call('GET', '/me')).body.member.role).toBe('owner');
  });

  it('runs nothing of a mail, whatever a name holds', async () => {
    const name = '<script>window.top.stolen=1</script><img src=x onerror=top.stolen=1>';
    const email = 'hostile@example.test';
    const made = await call('POST', '/members', { name, email });
    await call('POST', `/members/${made.body.member.id}/role`, { role: 'owner' });
    const page = await newPage();
    await openMail(page, team.email, /is now an owner of Mailed Matters/);
    await see(mail(page).getByText(name).last()).toBeVisible();
    expect(await page.evaluate(() => Reflect.get(window, 'stolen') as unknown)).toBeUndefined();
    await page.setViewportSize({ width: 320, height: 640 });
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  });

  it('holds what the team calls low, and the overview shows it', async () => {
    const page = await newPage({ as: team, url: '/mailed-matters/settings/alerts' });
    await page.getByLabel('Low below').fill('100');
    await page.keyboard.press('Enter');
    await see(page.getByText('Saved.')).toBeVisible();
    // Nobody is told of what they did themselves: it is a program that takes the balance below.
    expect((await call('POST', '/messages', { to: '+14155550100', from: 'Mailed', body: 'Hello' })).status).toBe(202);
    await openMail(page, team.email, 'The master balance in Mailed Matters is low');
    await mail(page).getByRole('link', { name: 'View balance' }).click();
    // Another name of this machine, under which nobody is signed in.
    await page.waitForURL(/\/sign-in\?next=%2Fmailed-matters$/);
    await openAt(page, `${url}/mailed-matters`);
    await see(page.getByText('Low', { exact: true })).toBeVisible();
  });

  it('gets no more of what a person has switched off', async () => {
    const page = await newPage({ as: team, url: '/account/alerts' });
    const saved = page.waitForResponse(/account\.setAlerts/);
    await page.getByLabel('Recharges').uncheck();
    await saved;
    await openAt(page, '/account/alerts');
    await see(page.getByLabel('Recharges')).not.toBeChecked();
    await see(page.getByLabel('Master balance')).toBeChecked();
    const rule = { enabled: true, threshold: '5.00', target: '5000.00' };
    const made = await call('POST', '/members', { name: 'Waits', email: 'waits@example.test', recharge: rule });
    expect(made.status).toBe(201);
    await openMail(page, 'waits@example.test', 'Your auto-recharge in Mailed Matters is blocked');
    await openAt(page, `/mailbox?to=${team.email}`);
    await see(page.getByRole('table')).toBeVisible();
    await see(page.getByRole('link', { name: /recharge for Waits/ })).toHaveCount(0);
  });

  it('says so where nothing was mailed to an address', async () => {
    const page = await newPage({ url: '/mailbox?to=nobody@nowhere.test' });
    await see(page.getByRole('heading', { name: 'No mail to such an address' })).toBeVisible();
    await page.getByRole('button', { name: 'Show all' }).click();
    await see(page.getByRole('table')).toBeVisible();
  });
});
