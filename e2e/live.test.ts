import { freePort } from '@/scripts/processes/ports.mjs';
import type { Page } from '@playwright/test';
import { once } from 'node:events';
import { callApi, type Answer } from '@/tests/support/call-api';
import {
  expect,
  expectError,
  hasEventStream,
  runningProduct,
  test,
  waitForLiveUpdates,
  type Credentials,
} from './support/browser';
import { createTeamByCommand, startWeb, until, type Running, type Team } from './support/product';

const { url, dataDir } = runningProduct();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

/** The promised delay: a change is shown on every open page within two seconds. */
const SOON = { timeout: 2_000 };

type TestMember = Credentials & { id: string; key: string; name: string };

const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
  callApi(`${url}/api/v1`, method, path, { key, body });

async function addMember(team: Team, name: string): Promise<TestMember> {
  const { body } = await call(team.apiKey, 'POST', '/members', { name, credit: '10.00', generatePassword: true });
  const { apiKey, password } = body.secrets;
  return { id: body.member.id, name, key: apiKey, email: body.member.email, password };
}

/** Records the event streams that a page opens. */
function streamsOf(page: Page): string[] {
  const opened: string[] = [];
  page.on('request', (request) => request.resourceType() === 'eventsource' && opened.push(request.url()));
  return opened;
}

/** Simulates a user who switches to another tab, or comes back. */
const show = (page: Page, state: 'visible' | 'hidden') =>
  page.evaluate((next) => {
    Object.defineProperty(document, 'visibilityState', { value: next, configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  }, state);

test.describe('open pages', () => {
  let team: Team;
  let ann: TestMember;
  let ben: TestMember;
  test.beforeAll(async () => {
    team = await createTeamByCommand('Live Crew', '1000.00');
    [ann, ben] = [await addMember(team, 'Ann Live'), await addMember(team, 'Ben Live')];
  });
  const credit = (member: TestMember, amount: string) =>
    call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount });
  const balanceOf = async (member: TestMember): Promise<string> => (await call(member.key, 'GET', '/me')).body.balance;

  test('show a change in every tab, from one stream, which another tab takes over', async ({ newPage }) => {
    const first = await newPage({ as: team, url: '/live-crew/members' });
    const opened = streamsOf(first);
    await waitForLiveUpdates(first);
    const second = await newPage({ beside: first });
    const openedBySecond = streamsOf(second);
    await second.goto(`/live-crew/members/${ann.id}`);
    const third = await newPage({ beside: first, url: '/live-crew' });
    await second.waitForLoadState('networkidle');
    await credit(ann, '1.23');
    const now = `${await balanceOf(ann)} USD`;
    await expect(first.getByRole('row', { name: /Ann Live/ }).getByTitle(now)).toBeVisible(SOON);
    await expect(second.getByTitle(now).first()).toBeVisible(SOON);
    await expect(third.getByText(/credited Ann Live/).first()).toBeVisible(SOON);
    await call(team.apiKey, 'POST', `/members/${ann.id}/deactivate`);
    await expect(first.getByRole('row', { name: /Ann Live/ })).toContainText('Inactive', SOON);
    await expect(second.getByText('inactive').first()).toBeVisible(SOON);
    await expect(third.getByText(/deactivated Ann Live/).first()).toBeVisible(SOON);
    expect([opened.length, openedBySecond.length]).toEqual([1, 0]);
    await first.close();
    await waitForLiveUpdates(second);
    await call(team.apiKey, 'POST', `/members/${ann.id}/activate`);
    await expect(second.getByText('inactive')).toHaveCount(0, SOON);
    await expect(third.getByText(/activated Ann Live/).first()).toBeVisible(SOON);
  });

  test('follow a member’s message to its delivery, its balance and its chart, and leave the table open', async ({
    newPage,
  }) => {
    const page = await newPage({ as: ben, url: '/live-crew' });
    await page.getByRole('button', { name: 'Show as table' }).click();
    const today = page
      .getByRole('table', { name: /Daily cost/ })
      .getByRole('row')
      .last();
    await expect(today).toContainText('$0.00');
    await waitForLiveUpdates(page);
    await call(ben.key, 'POST', '/messages', { ...message, to: '+14155550177' });
    const row = page.getByRole('row', { name: /\+14155550177/ });
    await expect(row).toBeVisible(SOON);
    await expect(page.getByTitle(`${await balanceOf(ben)} USD`).first()).toBeVisible(SOON);
    await expect(row).toContainText('Delivered');
    await expect(today).toContainText(/\$0\.0\d*[1-9]/, SOON);
  });

  test('are live where the browser has no storage, too', async ({ newPage }) => {
    const page = await newPage({ as: team });
    await page.addInitScript(() => {
      Storage.prototype.setItem = () => {
        throw new DOMException('Full', 'QuotaExceededError');
      };
    });
    await page.goto('/live-crew/members');
    await waitForLiveUpdates(page);
    await credit(ann, '1.11');
    await expect(page.getByRole('row', { name: /Ann Live/ })).toContainText(`$${await balanceOf(ann)}`, SOON);
  });

  test('keep the user’s text, focus, open menu and selection', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/live-crew/members' });
    await waitForLiveUpdates(page);
    await page.getByRole('checkbox', { name: 'Select Ben Live' }).check();
    const row = page.getByRole('row', { name: /Ann Live/ });
    await row.getByRole('button').last().click();
    await expect(page.getByRole('menuitem', { name: 'Debit' })).toBeVisible();
    await credit(ann, '2.00');
    await expect(row).toContainText(`$${await balanceOf(ann)}`, SOON);
    await expect(page.getByRole('menuitem', { name: 'Debit' })).toBeVisible();
    await page.getByRole('menuitem', { name: 'Credit' }).click();
    const amount = page.getByRole('dialog').getByLabel('Amount');
    await amount.fill('12.34');
    await credit(ann, '3.00');
    await expect(page.getByRole('dialog')).toContainText(`$${await balanceOf(ann)}`, SOON);
    await expect(amount).toHaveValue('12.34');
    await expect(amount).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(page.getByRole('checkbox', { name: 'Select Ben Live' })).toBeChecked();
  });

  test('keep the text in a form while another user changes the same settings', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/live-crew/members/${ben.id}?tab=settings` });
    await waitForLiveUpdates(page);
    await page.getByLabel('External id').fill('typed-here');
    await call(team.apiKey, 'PATCH', `/members/${ben.id}`, { name: 'Ben Renamed' });
    await expect(page.getByRole('heading', { name: 'Ben Renamed' })).toBeVisible(SOON);
    await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Ben Renamed');
    await expect(page.getByLabel('External id')).toHaveValue('typed-here');
    await expect(page.getByLabel('External id')).toBeFocused();
  });

  test('fetch nothing while hidden, close the stream after a while, and catch up when shown', async ({ newPage }) => {
    const page = await newPage({ as: team });
    await page.clock.install();
    await page.goto('/live-crew/members');
    const opened = streamsOf(page);
    const requested: string[] = [];
    page.on('request', (request) => request.url().includes('/api/trpc') && requested.push(request.url()));
    const row = page.getByRole('row', { name: /Ann Live/ });
    await waitForLiveUpdates(page);
    await show(page, 'hidden');
    requested.length = 0;
    await credit(ann, '1.00');
    await page.clock.runFor(5_000);
    expect(requested).toEqual([]);
    await show(page, 'visible');
    await expect(row).toContainText(`$${await balanceOf(ann)}`, SOON);
    await show(page, 'hidden');
    await page.clock.runFor(31_000);
    await expect.poll(() => hasEventStream(page)).toBe(false);
    await credit(ann, '1.00');
    await show(page, 'visible');
    await expect(row).toContainText(`$${await balanceOf(ann)}`, SOON);
    await waitForLiveUpdates(page);
    expect(opened.length).toBe(2);
  });

  test('leave no stream behind when they are closed', async ({ newPage }) => {
    const page = await newPage({ as: ann });
    const cookie = (await page.context().cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
    // The number exceeds the streams that a user may have at once.
    for (let i = 0; i < 25; i += 1) {
      const leaving = new AbortController();
      const answer = await fetch(`${url}/account/live`, { headers: { Cookie: cookie }, signal: leaving.signal });
      expect([answer.status, answer.headers.get('content-encoding')]).toEqual([200, null]);
      expect(new TextDecoder().decode((await answer.body!.getReader().read()).value)).toMatch(/^retry: \d+\n\n/);
      leaving.abort();
    }
    const { status } = await fetch(`${url}/account/live`);
    expect(status).toBe(401);
  });

  test('lead to the sign-in page when the session ends anywhere', async ({ newPage }) => {
    const page = await newPage({ as: ben, url: '/live-crew' });
    expectError(page, /status of 401/);
    await waitForLiveUpdates(page);
    const { request } = page.context();
    const { csrfToken }: { csrfToken: string } = await (await request.get('/api/auth/csrf')).json();
    await request.post('/api/auth/signout', { form: { csrfToken, json: 'true' }, headers: { Origin: url } });
    await credit(ben, '0.50');
    await page.waitForURL(/\/sign-in/, { timeout: 30_000 });
  });

  test('of a demoted owner lead to the pages of a member', async ({ newPage }) => {
    const { body } = await call(team.apiKey, 'POST', '/members', {
      name: 'Olga',
      role: 'owner',
      generatePassword: true,
    });
    const page = await newPage({ as: { email: body.member.email, password: body.secrets.password } });
    await page.goto('/live-crew/members');
    await waitForLiveUpdates(page);
    await call(team.apiKey, 'POST', `/members/${body.member.id}/role`, { role: 'member' });
    await expect(page.getByRole('link', { name: 'My sub-account' })).toBeVisible(SOON);
    await page.waitForURL(/\/live-crew$/);
    await expect(page.getByRole('heading', { name: 'How to send' })).toBeVisible();
  });

  test('of a deactivated member say so without a reload', async ({ newPage }) => {
    const eve = await addMember(team, 'Eve Live');
    const page = await newPage({ as: eve, url: '/live-crew' });
    expectError(page, /status of 403/);
    await waitForLiveUpdates(page);
    await call(team.apiKey, 'POST', `/members/${eve.id}/deactivate`);
    await expect(page.getByText(/deactivated/).first()).toBeVisible({ timeout: 30_000 });
  });
});

test.describe('a web process that stops', () => {
  let web: Running;
  test.afterAll(() => void web?.child.kill('SIGKILL'));

  test('is reported as disconnected, and its pages are live again with the next process', async ({ newPage }) => {
    const team = await createTeamByCommand('Live Again', '100.00');
    const member = await addMember(team, 'Ann Again');
    const port = await freePort(undefined);
    const start = async () => {
      // Without a grace period the process exits at once, so that the page's clock can be observed from then.
      web = startWeb(dataDir, port, { SHUTDOWN_GRACE_SECONDS: '0' });
      const isUp = () =>
        fetch(`http://127.0.0.1:${port}/api/ready`).then(
          ({ ok }) => ok,
          () => false,
        );
      await until(() => web.output(), 60_000, isUp);
    };
    await start();
    const page = await newPage({ as: team });
    await page.clock.install();
    expectError(page, /ERR_/);
    await page.goto(`http://127.0.0.1:${port}/live-again/members`);
    await waitForLiveUpdates(page);
    // Once a change has arrived, the stream is open; until then the notice counts from the load of the page.
    await call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount: '1.00' });
    await expect(page.getByRole('row', { name: /Ann Again/ })).toContainText('$11.00', { timeout: 30_000 });
    // The clock of the page is advanced explicitly from here, however long the processes take.
    await page.clock.pauseAt(Date.now() + 1_000);
    const began = performance.now();
    web.child.kill('SIGTERM');
    await once(web.child, 'exit');
    // An open stream does not delay a restart.
    expect(performance.now() - began).toBeLessThan(5_000);
    // The notice is not shown during a short restart.
    await page.clock.runFor(4_000);
    await expect(page.getByText('Reconnecting…')).toHaveCount(0);
    await page.clock.runFor(2_000);
    await expect(page.getByText('Reconnecting…').first()).toBeVisible();
    await call(team.apiKey, 'POST', `/members/${member.id}/credit`, { amount: '5.55' });
    await start();
    await page.clock.resume();
    await expect(page.getByRole('row', { name: /Ann Again/ })).toContainText('$16.55', { timeout: 30_000 });
    await expect(page.getByText('Reconnecting…')).toHaveCount(0);
  });
});
