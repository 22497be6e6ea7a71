import { freePort } from '@/scripts/processes/ports.mjs';
import type { Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { callApi } from '@/tests/support/call-api';
import { axe, expect, expectError, openAt, runningProduct, signInByForm, test } from './support/browser';
import { codeNow, mailedToken, sql } from './support/people';
import { createTeamByCommand, operate, startWeb, until, type Team } from './support/product';

const { url, dataDir } = runningProduct();

const REFUSED = /status of 40[0134]/;
const NEW = 'another horse, another battery';

const alertOf = (page: Page) => page.getByRole('alert').filter({ hasText: /\w/ });
const at = (page: Page): string => new URL(page.url()).pathname;
const newTeam = (name: string) => createTeamByCommand(name, '100.00', `${randomUUID()}@example.test`);

const enterByForm = async (page: Page, { email }: Team, password: string) => {
  await openAt(page, '/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

test.describe('a forgotten password', () => {
  const requestReset = async (page: Page, email: string) => {
    await openAt(page, '/sign-in');
    await page.getByRole('link', { name: 'Forgot password?' }).click();
    await page.waitForURL('/forgot');
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Email me a link' }).click();
    await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
    return page.getByRole('status').innerText();
  };

  test('is replaced through the emailed link, which a scanner’s request does not consume; then the link no longer works', async ({
    newPage,
  }) => {
    const team = await newTeam('Forgetful');
    const elsewhere = await newPage({ as: team, url: `/${team.slug}`, isLive: false });
    expectError(elsewhere, REFUSED);
    const page = await newPage();
    expectError(page, REFUSED);
    expect(await requestReset(page, team.email)).toContain(team.email);
    const path = `/reset/${await mailedToken(dataDir, team.email, 'reset')}`;
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET'])
      expect((await fetch(`${url}${path}`, { method })).status).toBe(200);
    await openAt(page, path);
    await expect(page.getByText(team.email)).toBeVisible();
    await page.getByLabel('New password').fill('password1234');
    await page.getByRole('button', { name: 'Set password' }).click();
    await expect(page.getByText('This password is too common', { exact: false })).toBeVisible();
    await page.getByLabel('New password').fill(NEW);
    await page.getByRole('button', { name: 'Set password' }).click();
    await page.waitForURL(`/${team.slug}`);
    await elsewhere.reload();
    expect(at(elsewhere)).toBe('/sign-in');
    await openAt(page, path);
    await expect(page.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
    expect(await axe(page)).toEqual([]);
  });

  test('of an address without an account gets the same response, and nothing is emailed', async ({ newPage }) => {
    const unknown = `${randomUUID()}@example.test`;
    const team = await newTeam('Somebody There');
    const page = await newPage();
    const response = (await requestReset(page, team.email)).replace(team.email, '…');
    expect((await requestReset(page, unknown)).replace(unknown, '…')).toBe(response);
    await mailedToken(dataDir, team.email, 'reset');
    expect(await sql(dataDir, 'SELECT 1 FROM mails WHERE address = $1', [unknown])).toEqual([]);
  });
});

test.describe('a password', () => {
  test('is changed with the current password, and the other browsers are signed out', async ({ newPage }) => {
    const team = await newTeam('Changing');
    const other = await newPage({ as: team, url: `/${team.slug}`, isLive: false });
    const page = await newPage({ as: team, url: '/account/password' });
    for (const each of [page, other]) expectError(each, REFUSED);
    const change = async (current: string) => {
      await page.getByLabel('Current password').fill(current);
      await page.getByLabel('New password').fill(NEW);
      await page.getByRole('button', { name: 'Change password' }).click();
    };
    await change('not the password');
    await expect(page.getByText('Wrong password.')).toBeVisible();
    await change(team.password);
    await expect(page.getByText('Password changed.', { exact: false })).toBeVisible();
    await expect(page.getByLabel('New password')).toHaveValue('');
    await other.reload();
    expect(at(other)).toBe('/sign-in');
    await page.reload();
    await expect(page.getByRole('heading', { name: 'Password', exact: true })).toBeVisible();
    await signInByForm(other, team.email, NEW);
  });
});

test.describe('a second factor', () => {
  test('is set up with an authenticator app, then accepts its codes, and each recovery code once', async ({
    newPage,
  }) => {
    const team = await newTeam('Two Steps');
    const page = await newPage({ as: team, url: '/account/two-factor' });
    await page.getByRole('button', { name: 'Turn on' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('img', { name: 'QR code of the secret' })).toBeVisible();
    expect(await axe(page)).toEqual([]);
    const secret = await dialog.getByTestId('totp-secret').innerText();
    await expect(dialog.getByLabel('Code from the app')).toBeFocused();
    await page.keyboard.type(codeNow(secret, -1));
    await page.keyboard.press('Enter');
    const shown = dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
    await expect(shown).toHaveCount(10);
    const codes = await shown.allInnerTexts();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await expect(dialog.getByText('You haven’t copied the codes.', { exact: false })).toBeVisible();
    await dialog.getByRole('button', { name: 'Close without copying' }).click();
    await expect(page.getByText('10 of 10 left')).toBeVisible();

    const phone = await newPage({ viewport: { width: 390, height: 800 } });
    expectError(phone, REFUSED);
    await enterByForm(phone, team, team.password);
    await expect(phone.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
    await expect(phone.getByLabel('Code')).toBeFocused();
    expect(await axe(phone)).toEqual([]);
    await phone.keyboard.type('000000');
    await phone.keyboard.press('Enter');
    await expect(alertOf(phone)).toHaveText('Wrong code. Each code works once.');
    await phone.getByLabel('Code').fill(codeNow(secret));
    await phone.keyboard.press('Enter');
    await phone.waitForURL(`/${team.slug}`);

    const lost = await newPage();
    expectError(lost, REFUSED);
    await enterByForm(lost, team, team.password);
    await lost.getByLabel('Code').fill(codes[0]!.toUpperCase());
    await lost.keyboard.press('Enter');
    await lost.waitForURL(`/${team.slug}`);
    const again = await newPage();
    expectError(again, REFUSED);
    await enterByForm(again, team, team.password);
    await again.getByLabel('Code').fill(codes[0]!);
    await again.keyboard.press('Enter');
    await expect(alertOf(again)).toHaveText('Wrong code. Each code works once.');
    await again.getByRole('button', { name: 'Sign in as someone else' }).click();
    await expect(again.getByLabel('Email')).toHaveValue(team.email);

    await page.reload();
    await expect(page.getByText('9 of 10 left')).toBeVisible();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await dialog.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Enter');
    await expect(page.getByRole('button', { name: 'Turn on' })).toBeVisible();
    await signInByForm(again, team.email, team.password);
  });
});

test.describe('a team that requires reauthentication', () => {
  const teamWithReauthentication = async (name: string) => {
    const team = await newTeam(name);
    const member = await callApi(`${url}/api/v1`, 'POST', '/members', {
      key: team.apiKey,
      body: { name: 'Till', credit: '50.00' },
    });
    await sql(
      dataDir,
      `UPDATE teams SET require_reauthentication = true, reauthenticate_above = 10000000 WHERE slug = $1`,
      [team.slug],
    );
    return { team, id: member.body.member.id as string };
  };
  const age = ({ email }: Team) =>
    sql(
      dataDir,
      `UPDATE sessions SET confirmed_at = now() - interval '11 min' FROM users u WHERE u.id = user_id AND u.email = $1`,
      [email],
    );

  test('resumes a debit after the password is entered, and moves the money once', async ({ newPage }) => {
    const { team, id } = await teamWithReauthentication('Asked Debit');
    const page = await newPage({ as: team, url: `/${team.slug}/members/${id}` });
    expectError(page, REFUSED);
    await age(team);
    await page.getByRole('button', { name: 'Debit', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Amount').fill('20');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await expect(confirm.getByLabel('Password', { exact: true })).toBeFocused();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await expect(confirm.getByText('Wrong password.')).toBeVisible();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Enter');
    await expect(page.getByText('$20.00 debited from Till.')).toBeVisible();
    const { body } = await callApi(`${url}/api/v1`, 'GET', `/members/${id}`, { key: team.apiKey });
    expect(body.balance).toBe('30.00');
    // The confirmation is valid for ten minutes.
    await page.getByRole('button', { name: 'Debit', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Amount').fill('15');
    await page.keyboard.press('Enter');
    await expect(page.getByText('$15.00 debited from Till.')).toBeVisible();
  });

  test('does not reveal a key until the user has confirmed their identity', async ({ newPage }) => {
    const { team } = await teamWithReauthentication('Asked Key');
    const page = await newPage({ as: team, url: `/${team.slug}/members` });
    expectError(page, REFUSED);
    await age(team);
    await page.getByRole('button', { name: 'Actions for Till' }).click();
    await page.getByRole('menuitem', { name: 'Reveal key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    const confirm = page.getByRole('dialog', { name: 'Confirm it’s you' });
    await expect(confirm.getByLabel('Password', { exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await expect(confirm).toBeHidden();
    await expect(page.getByRole('dialog').getByRole('alert')).toContainText('Nothing was changed');
    await expect(page.getByTestId('api-key')).toBeHidden();
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Escape');
    await expect(confirm).toBeHidden();
    // The dialog that needs the confirmation stays open.
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await confirm.getByRole('button', { name: 'Continue' }).click();
    await expect(page.getByTestId('api-key')).toHaveText(/^pur_live_/);
  });
});

test.describe('sessions', () => {
  test('are listed, and revoking one signs out the other browser at once', async ({ newPage }) => {
    const team = await newTeam('Browsers');
    const other = await newPage({ as: team, url: `/${team.slug}`, isLive: false });
    const page = await newPage({ as: team, url: '/account/sessions' });
    for (const each of [page, other]) expectError(each, REFUSED);
    const rows = page
      .getByRole('table', { name: 'Browsers' })
      .getByRole('row')
      .filter({ has: page.getByRole('cell') });
    await expect(rows).toHaveCount(2);
    await expect(rows.filter({ hasText: 'This browser' })).toHaveCount(1);
    await page.getByRole('button', { name: /^Sign out .*on/ }).click();
    await expect(rows).toHaveCount(1);
    await other.reload();
    expect(at(other)).toBe('/sign-in');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.waitForURL('/sign-in');
  });

  test('record their last use about once an hour', async ({ newPage }) => {
    const team = await newTeam('In Use');
    const page = await newPage({ as: team, url: `/${team.slug}` });
    const seen = async () =>
      (
        await sql<{ at: Date | null }>(
          dataDir,
          'SELECT last_seen_at AS at FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1',
          [team.email],
        )
      )[0]!.at;
    expect(await seen()).toBeNull();
    await sql(
      dataDir,
      `UPDATE sessions SET created_at = now() - interval '2 h' FROM users u WHERE u.id = user_id AND u.email = $1`,
      [team.email],
    );
    await page.reload();
    await until(
      () => 'the session is noted to be in use',
      5_000,
      async () => (await seen()) !== null,
    );
    const first = await seen();
    await page.reload();
    expect(await seen()).toEqual(first);
  });
});

test.describe('a profile', () => {
  test('has a name, and links to every page of the account', async ({ newPage }) => {
    const team = await newTeam('Named');
    const page = await newPage({ as: team, url: `/${team.slug}` });
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Olga Owner');
    await page.getByRole('button', { name: 'Save' }).click();
    await expect(page.getByText('Saved.')).toBeVisible();
    await expect(page.getByText('Unverified')).toBeVisible();
    for (const name of ['Password', 'Two-factor', 'Sessions', 'Teams', 'Profile']) {
      await page.getByRole('navigation', { name: 'Your settings' }).getByRole('link', { name }).click();
      await expect(page.getByRole('heading', { name, exact: true, level: 1 })).toBeVisible();
    }
  });
});

test.describe('the operator', () => {
  test('restores access: resets a password, or disables a lost second factor', async ({ newPage }) => {
    const team = await newTeam('Rescued');
    const page = await newPage({ as: team, url: '/account/two-factor' });
    expectError(page, REFUSED);
    await page.getByRole('button', { name: 'Turn on' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    const secret = await dialog.getByTestId('totp-secret').innerText();
    await dialog.getByLabel('Code from the app').fill(codeNow(secret));
    await page.keyboard.press('Enter');
    await expect(dialog.getByRole('list', { name: 'Recovery codes' })).toBeVisible();
    const args = [team.memberId, '--team', team.teamId];
    const given = await operate<{ email: string; password: string }>('member', 'password', ...args);
    expect(given.email).toBe(team.email);
    const reset = await operate<object>('member', 'totp-reset', ...args);
    expect(reset).toEqual({ email: team.email, wasOn: true });
    expect(await operate('setup')).toEqual({ url: null });
    await page.reload();
    expect(at(page)).toBe('/sign-in');
    await signInByForm(page, team.email, given.password);
    await expect(page.getByRole('button', { name: 'Turn on' })).toBeVisible();
  });
});

test.describe('signing up', () => {
  test('is unavailable unless it is enabled', async () => {
    for (const path of ['/sign-up', '/sign-up/x']) expect((await fetch(`${url}${path}`)).status).toBe(404);
    expect((await fetch(`${url}/setup`)).status).toBe(404);
  });

  test('creates a team and its owner through the emailed link, where it is enabled', async ({ newPage }) => {
    const port = await freePort(undefined);
    const web = startWeb(dataDir, port, { SIGN_UP: 'open' });
    const open = `http://127.0.0.1:${port}`;
    try {
      await until(
        () => web.output(),
        60_000,
        () =>
          fetch(`${open}/api/ready`).then(
            ({ ok }) => ok,
            () => false,
          ),
      );
      const email = `${randomUUID()}@example.test`;
      const page = await newPage({ url: `${open}/sign-in` });
      await page.getByRole('link', { name: 'Create team' }).click();
      await page.waitForURL(`${open}/sign-up`);
      await page.getByLabel('Email').fill(email);
      await page.getByRole('button', { name: 'Email me a link' }).click();
      await expect(page.getByRole('heading', { name: 'Check your email' })).toBeVisible();
      const path = `${open}/sign-up/${await mailedToken(dataDir, email, 'sign-up')}`;
      for (const method of ['HEAD', 'GET']) expect((await fetch(path, { method })).status).toBe(200);
      await openAt(page, path);
      expect(await axe(page)).toEqual([]);
      await page.getByLabel('Team', { exact: true }).fill('Signed Up');
      await page.getByLabel('Your name').fill('Una Usher');
      await page.getByLabel('Password', { exact: true }).fill(NEW);
      await page.getByRole('button', { name: 'Create team' }).click();
      await page.waitForURL(`${open}/signed-up`);
      await expect(page.getByRole('button', { name: /^Signed Up .*Switch team$/ })).toBeVisible();
    } finally {
      web.child.kill('SIGTERM');
    }
  });
});
