import type { Page } from '@playwright/test';
import { callApi } from '@/tests/support/call-api';
import { axe, expect, expectError, runningProduct, signInByForm, test } from './support/browser';
import { createTeamByCommand, operate, type Team } from './support/product';

const { url } = runningProduct();

const REFUSED = /status of 401/;
const WRONG = 'Wrong email or password.';

let team: Team;
let other: Team;
test.beforeAll(async () => {
  team = await createTeamByCommand('Signing Crew', '100.00');
  other = await createTeamByCommand('Second Crew', '100.00', team.email);
});

/** Creates a member through the API whose user can sign in. */
async function addUser(): Promise<{ memberId: string; email: string; password: string; key: string }> {
  const body = { generatePassword: true };
  const { body: made } = await callApi(`${url}/api/v1`, 'POST', '/members', { key: team.apiKey, body });
  const { id, email } = made.member;
  return { memberId: id, email, password: made.secrets.password, key: made.secrets.apiKey };
}

const alertOf = (page: Page) => page.getByRole('alert').filter({ hasText: /\w/ });
const at = (page: Page): string => new URL(page.url()).pathname;

test.describe('signing in', () => {
  test('works by keyboard alone, and leads to the team', async ({ newPage }) => {
    const { email, password } = await addUser();
    const page = await newPage({ url: '/' });
    expect(at(page)).toBe('/sign-in');
    await expect(page.getByLabel('Email')).toBeFocused();
    await page.keyboard.type(email.toUpperCase());
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.waitForURL(`/${team.slug}`);
  });

  test('shows the same error for an address without an account, and keeps the entered address', async ({ newPage }) => {
    const page = await newPage({ url: '/sign-in' });
    expectError(page, REFUSED);
    for (const email of [team.email, 'nobody@example.test']) {
      await page.getByLabel('Email').fill(email);
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.getByRole('button', { name: 'Sign in' }).click();
      await expect(alertOf(page)).toHaveText(WRONG);
      await expect(page.getByLabel('Email')).toHaveValue(email);
      await expect(page.getByLabel('Password', { exact: true })).toBeFocused();
    }
    await signInByForm(page, team.email, team.password);
  });

  test('offers the credentials of the demo’s owner, which work', async ({ newPage }) => {
    const page = await newPage({ url: '/sign-in' });
    await page.getByRole('button', { name: 'Fill in' }).click();
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.waitForURL('/acme-messaging');
  });

  test('returns to the requested page, and never to another site', async ({ newPage }) => {
    const page = await newPage({ url: `/${team.slug}/members?q=north` });
    expect(page.url()).toBe(`${url}/sign-in?next=${encodeURIComponent(`/${team.slug}/members?q=north`)}`);
    await signInByForm(page, team.email, team.password);
    expect(page.url()).toBe(`${url}/${team.slug}/members?q=north`);
    const again = await newPage({ url: '/sign-in?next=https://evil.example/' });
    await signInByForm(again, team.email, team.password);
    expect(new URL(again.url()).host).toBe(new URL(url).host);
  });

  test('offers a user with several teams a choice, then the last one', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/' });
    expect(at(page)).toBe('/account/teams');
    await page.getByRole('main').getByRole('link', { name: 'Second Crew' }).click();
    await page.waitForURL(`/${other.slug}`);
    await expect(page.getByRole('link', { name: 'Members' })).toBeVisible();
    await page.goto('/');
    expect(at(page)).toBe(`/${other.slug}`);
  });

  test('is accessible in light and dark mode', async ({ newPage }) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await newPage({ url: '/sign-in', colorScheme });
      expectError(page, REFUSED);
      expect(await axe(page)).toEqual([]);
      await page.getByLabel('Email').fill('nobody@example.test');
      await page.getByLabel('Password', { exact: true }).fill('not the password');
      await page.keyboard.press('Enter');
      await expect(alertOf(page)).toHaveText(WRONG);
      expect(await axe(page)).toEqual([]);
    }
  });
});

test.describe('access that has ended', () => {
  test('applies to every tab from the next request after signing out', async ({ newPage }) => {
    const page = await newPage({ as: team, url: `/${team.slug}/members` });
    // The tab has no event stream: otherwise it might leave the page by itself at the same moment.
    const tab = await newPage({ beside: page, url: `/${team.slug}/transfers`, isLive: false });
    // The other tab's requests are refused meanwhile.
    for (const each of [page, tab]) expectError(each, REFUSED);
    const cookies = await page.context().cookies();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL('/sign-in');
    await tab.reload();
    expect(at(tab)).toBe('/sign-in');
    // A copy of the cookie is not accepted either.
    await page.context().addCookies(cookies);
    await page.goto(`/${team.slug}/members`);
    expect(at(page)).toBe('/sign-in');
  });

  test('applies from the next request after a deactivation, which the page explains', async ({ newPage }) => {
    const user = await addUser();
    const page = await newPage({ as: user, url: `/${team.slug}`, isLive: false });
    expect(at(page)).toBe(`/${team.slug}`);
    await operate('member', 'deactivate', user.memberId, '--team', team.teamId);
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Your access to Signing Crew is deactivated' })).toBeVisible();
    await expect(page.getByText('An owner of Signing Crew deactivated your access.')).toBeVisible();
    expect(await axe(page)).toEqual([]);
    // Signing in remains possible, and leads to the same page.
    const again = await newPage();
    await signInByForm(again, user.email, user.password);
    await expect(again.getByText('An owner of Signing Crew deactivated your access.')).toBeVisible();
  });

  test('to a team of others looks like a team that does not exist', async ({ newPage }) => {
    const user = await addUser();
    const page = await newPage({ as: user });
    expectError(page, /status of 404/);
    for (const slug of [other.slug, 'no-such-team-anywhere']) {
      const response = await page.goto(`/${slug}`);
      expect(response?.status()).toBe(404);
      await expect(page.getByRole('heading', { name: 'Page not found' })).toBeVisible();
    }
  });
});

test.describe('guessing a password', () => {
  test('is blocked after ten attempts on an address, with or without an account, without revealing which', async ({
    newPage,
  }) => {
    const user = await addUser();
    const page = await newPage({ url: '/sign-in' });
    expectError(page, REFUSED);
    for (const email of [user.email, 'nobody-at-all@example.test']) {
      await page.getByLabel('Email').fill(email);
      for (let i = 0; i < 10; i += 1) {
        await page.getByLabel('Password', { exact: true }).fill(`not the password ${i}`);
        const answered = page.waitForResponse(/callback/);
        await page.keyboard.press('Enter');
        await answered;
        await expect(alertOf(page)).toHaveText(WRONG);
      }
      await page.getByLabel('Password', { exact: true }).fill(user.password);
      await page.keyboard.press('Enter');
      await expect(alertOf(page)).toHaveText(/^Too many attempts\. Wait 1[45] minutes\.$/);
    }
    // Other accounts are not affected.
    await signInByForm(page, team.email, team.password);
  });
});
