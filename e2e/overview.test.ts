import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, runningProduct, test } from './support/browser';
import { createTeamByCommand } from './support/product';

const { url } = runningProduct();
const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key, body });
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

test.describe('the overview of a team', () => {
  test('guides a new team through its set-up until it is complete', async ({ newPage }) => {
    const team = await createTeamByCommand('First Steps', null);
    const page = await newPage({ as: team, url: '/first-steps' });
    const steps = page.getByRole('listitem').filter({ has: page.getByRole('heading', { level: 3 }) });
    await expect(page.getByRole('heading', { name: 'Finish setting up (4 of 4 left)' })).toBeVisible();
    await expect(steps).toHaveCount(4);
    await expect(steps.last()).toContainText(`curl ${url}/api/v1/messages`);
    await steps.first().getByRole('button', { name: 'Create member' }).click();
    await page.getByRole('dialog').getByLabel('Name').fill('First of all');
    await page.getByRole('dialog').getByRole('button', { name: 'Create member' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Copy key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('heading', { name: 'Finish setting up (3 of 4 left)' })).toBeVisible();
    await steps.first().getByRole('button', { name: 'Fund' }).click();
    await page.getByRole('dialog').getByLabel('Amount').fill('100');
    await page.getByRole('dialog').getByRole('button', { name: 'Fund' }).click();
    await expect(page.getByRole('heading', { name: 'Finish setting up (2 of 4 left)' })).toBeVisible();
    await page.getByRole('link', { name: 'Review prices' }).click();
    await page.getByRole('button', { name: 'Confirm prices' }).click();
    await expect(page.getByText('You’re using sample prices')).toBeHidden();
    expect((await call(team.apiKey, 'POST', '/messages', message)).status).toBe(202);
    await page.goto('/first-steps');
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();
    await expect(steps).toHaveCount(0);
    await expect(page.getByText('Olive Owner confirmed the sample prices')).toBeVisible();
    await expect(page.getByText('Olive Owner created First of all')).toBeVisible();
  });

  test('shows the top spenders, the waiting rules with their reasons, and a number for each day', async ({
    newPage,
  }) => {
    const team = await createTeamByCommand('Busy Team', '20.00');
    const rule = { threshold: '5.00', target: '50.00' };
    const { member } = (await call(team.apiKey, 'POST', '/members', { name: 'Wide Spender', credit: '19.99' })).body;
    await call(team.apiKey, 'PUT', `/members/${member.id}/recharge`, rule);
    const thirsty = (await call(team.apiKey, 'POST', '/members', { name: 'Thirsty', recharge: rule })).body.member;
    const sent = await call(team.apiKey, 'POST', '/messages', message);
    expect(sent.status).toBe(202);
    const page = await newPage({ as: team, url: '/busy-team' });
    const waiting = page.getByRole('listitem').filter({ hasText: 'Thirsty' }).first();
    await expect(waiting).toContainText('Master balance too low since');
    await expect(waiting.getByRole('link')).toHaveAttribute('href', `/busy-team/members/${thirsty.id}?tab=recharge`);
    await page.getByRole('button', { name: 'Show as table' }).click();
    const table = page.getByRole('table', { name: /Daily cost of the last 30 days/ });
    await expect(table.getByRole('row')).toHaveCount(31);
    await expect(table.getByRole('row').last()).toContainText(/\$0\.0\d+/);
  });

  test('shows members their own balance, rule, key and messages, and nothing of the team', async ({ newPage }) => {
    const team = await createTeamByCommand('Own Numbers', '50.00');
    const rule = { threshold: '5.00', target: '20.00' };
    const wanted = { name: 'Sam Sender', generatePassword: true, credit: '10.00', recharge: rule };
    const { member, secrets } = (await call(team.apiKey, 'POST', '/members', wanted)).body;
    expect((await call(secrets.apiKey, 'POST', '/messages', message)).status).toBe(202);
    const sam = { email: member.email, password: secrets.password };
    const page = await newPage({ as: sam, url: '/own-numbers' });
    await expect(page.getByText('below $5.00, fill up to $20.00 (on)')).toBeVisible();
    await expect(page.getByRole('row', { name: /\+14155550100/ })).toContainText(/Queued|Sent|Delivered/);
    await expect(page.getByText(`curl ${url}/api/v1/messages`)).toBeVisible();
    await expect(page.getByText('Master balance')).toHaveCount(0);
    await page.getByRole('button', { name: 'Rotate key' }).click();
    await expect(page.getByLabel('In 24 hours')).toBeChecked();
    await page.getByLabel('Now (stops working immediately)').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate key' }).click();
    const key = await page.getByTestId('api-key').textContent();
    expect((await call(key!, 'GET', '/me')).body.member.id).toBe(member.id);
    expect((await call(secrets.apiKey, 'GET', '/me')).status).toBe(401);
  });

  test('hides the pages of owners from members', async ({ newPage }) => {
    const team = await createTeamByCommand('Shut Rooms', '5.00');
    const { member, secrets } = (await call(team.apiKey, 'POST', '/members', { generatePassword: true })).body;
    const page = await newPage({ as: { email: member.email, password: secrets.password } });
    expectError(page, /status of 404/);
    for (const path of ['/settings', '/settings/rates', '/members/mem_nobody']) {
      expect([path, (await page.goto(`/shut-rooms${path}`))?.status()]).toEqual([path, 404]);
      await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
    }
  });

  test('says when the browser is offline, and when it is online again', async ({ newPage }) => {
    const team = await createTeamByCommand('Off Line', '5.00');
    const page = await newPage({ as: team, url: '/off-line' });
    await page.waitForLoadState('networkidle');
    expectError(page, /ERR_INTERNET_DISCONNECTED/);
    await page.context().setOffline(true);
    await expect(page.getByText(/You’re offline/)).toBeVisible();
    await page.context().setOffline(false);
    await expect(page.getByText(/You’re offline/)).toBeHidden();
  });
});
