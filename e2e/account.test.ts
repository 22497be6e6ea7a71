import { expect as see, type Page } from '@playwright/test';
import { randomUUID } from 'node:crypto';
import { describe, expect, inject, it } from 'vitest';
import { freePort } from '@/scripts/processes/ports.mjs';
import { callApi } from '@/tests/support/api';
import { axe, expectError, openAt, signIn, useBrowser } from './support/browser';
import { codeNow, mailedToken, sql } from './support/people';
import { makeTeam, purserJson, startWeb, until, type Team } from './support/product';

const { url, dataDir } = inject('product');
const browser = useBrowser();

const REFUSED = /status of 40[0134]/;
const NEW = 'another horse, another battery';

const alertOf = (page: Page) => page.getByRole('alert').filter({ hasText: /\w/ });
const at = (page: Page): string => new URL(page.url()).pathname;
const newTeam = (name: string) => makeTeam(dataDir, name, '100.00', `${randomUUID()}@example.test`);

const enterByForm = async (page: Page, { email }: Team, password: string) => {
  await openAt(page, '/sign-in');
  await page.getByLabel('Email').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
};

describe('a forgotten password', () => {
  const ask = async (page: Page, email: string) => {
    await openAt(page, '/sign-in');
    await page.getByRole('link', { name: 'Forgotten password?' }).click();
    await page.waitForURL('/forgot');
    await page.getByLabel('Email').fill(email);
    await page.getByRole('button', { name: 'Mail me a link' }).click();
    await see(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
    return page.getByRole('status').innerText();
  };

  it('is set anew by the mailed link, which a scanner’s looking at does not use up; then the link is dead', async () => {
    const team = await newTeam('Forgetful');
    const elsewhere = await browser.newPage({ as: team, url: `/${team.slug}`, deaf: true });
    expectError(elsewhere, REFUSED);
    const page = await browser.newPage();
    expectError(page, REFUSED);
    expect(await ask(page, team.email)).toContain(team.email);
    const path = `/reset/${await mailedToken(dataDir, team.email, 'reset')}`;
    for (const method of ['HEAD', 'GET', 'HEAD', 'GET'])
      expect((await fetch(`${url}${path}`, { method })).status).toBe(200);
    await openAt(page, path);
    await see(page.getByText(team.email)).toBeVisible();
    await page.getByLabel('New password').fill('password1234');
    await page.getByRole('button', { name: 'Set the password' }).click();
    await see(page.getByText('This password is too common', { exact: false })).toBeVisible();
    await page.getByLabel('New password').fill(NEW);
    await page.getByRole('button', { name: 'Set the password' }).click();
    await page.waitForURL(`/${team.slug}`);
    await elsewhere.reload();
    expect(at(elsewhere)).toBe('/sign-in');
    await openAt(page, path);
    await see(page.getByRole('heading', { name: 'This link no longer works' })).toBeVisible();
    expect(await axe(page)).toEqual([]);
  });

  it('of an address that nobody has is answered with the same words, and nothing is mailed', async () => {
    const nobody = `${randomUUID()}@example.test`;
    const team = await newTeam('Somebody There');
    const page = await browser.newPage();
    const words = (await ask(page, team.email)).replace(team.email, '…');
    expect((await ask(page, nobody)).replace(nobody, '…')).toBe(words);
    await mailedToken(dataDir, team.email, 'reset');
    expect(await sql(dataDir, 'SELECT 1 FROM mails WHERE address = $1', [nobody])).toEqual([]);
  });
});

describe('a password', () => {
  it('is changed by who has the one there is; the other browsers are signed out', async () => {
    const team = await newTeam('Changing');
    const other = await browser.newPage({ as: team, url: `/${team.slug}`, deaf: true });
    const page = await browser.newPage({ as: team, url: '/account/password' });
    for (const each of [page, other]) expectError(each, REFUSED);
    const change = async (current: string) => {
      await page.getByLabel('Password now').fill(current);
      await page.getByLabel('New password').fill(NEW);
      await page.getByRole('button', { name: 'Change the password' }).click();
    };
    await change('not the password');
    await see(page.getByText('Wrong password.')).toBeVisible();
    await change(team.password);
    await see(page.getByText('The password is changed.', { exact: false })).toBeVisible();
    await see(page.getByLabel('New password')).toHaveValue('');
    await other.reload();
    expect(at(other)).toBe('/sign-in');
    await page.reload();
    await see(page.getByRole('heading', { name: 'Password', exact: true })).toBeVisible();
    await signIn(other, team.email, NEW);
  });
});

describe('a second factor', () => {
  it('is set up with an app, and signs in by its codes, and by a recovery code once', async () => {
    const team = await newTeam('Two Steps');
    const page = await browser.newPage({ as: team, url: '/account/two-factor' });
    await page.getByRole('button', { name: 'Turn on' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    await see(dialog.getByRole('img', { name: 'The secret as a QR code' })).toBeVisible();
    expect(await axe(page)).toEqual([]);
    const secret = await dialog.getByTestId('totp-secret').innerText();
    await see(dialog.getByLabel('The code that the app shows')).toBeFocused();
    await page.keyboard.type(codeNow(secret, -1));
    await page.keyboard.press('Enter');
    const shown = dialog.getByRole('list', { name: 'Recovery codes' }).getByRole('listitem');
    await see(shown).toHaveCount(10);
    const codes = await shown.allInnerTexts();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.press('Escape');
    await see(dialog.getByText('The codes were not copied.', { exact: false })).toBeVisible();
    await dialog.getByRole('button', { name: 'Close without copying' }).click();
    await see(page.getByText('10 of 10 left')).toBeVisible();

    const phone = await browser.newPage({ viewport: { width: 390, height: 800 } });
    expectError(phone, REFUSED);
    await enterByForm(phone, team, team.password);
    await see(phone.getByRole('heading', { name: 'Enter your code' })).toBeVisible();
    await see(phone.getByLabel('Code')).toBeFocused();
    expect(await axe(phone)).toEqual([]);
    await phone.keyboard.type('000000');
    await phone.keyboard.press('Enter');
    await see(alertOf(phone)).toHaveText('The code is not right. Each is good once.');
    await phone.getByLabel('Code').fill(codeNow(secret));
    await phone.keyboard.press('Enter');
    await phone.waitForURL(`/${team.slug}`);

    const lost = await browser.newPage();
    expectError(lost, REFUSED);
    await enterByForm(lost, team, team.password);
    await lost.getByLabel('Code').fill(codes[0]!.toUpperCase());
    await lost.keyboard.press('Enter');
    await lost.waitForURL(`/${team.slug}`);
    const again = await browser.newPage();
    expectError(again, REFUSED);
    await enterByForm(again, team, team.password);
    await again.getByLabel('Code').fill(codes[0]!);
    await again.keyboard.press('Enter');
    await see(alertOf(again)).toHaveText('The code is not right. Each is good once.');
    await again.getByRole('button', { name: 'Sign in as somebody else' }).click();
    await see(again.getByLabel('Email')).toHaveValue(team.email);

    await page.reload();
    await see(page.getByText('9 of 10 left')).toBeVisible();
    await page.getByRole('button', { name: 'Turn off' }).click();
    await dialog.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Enter');
    await see(page.getByRole('button', { name: 'Turn on' })).toBeVisible();
    await signIn(again, team.email, team.password);
  });
});

describe('where a team asks again', () => {
  const asking = async (name: string) => {
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

  it('a debit goes on where it was once the password is given, and moves the money once', async () => {
    const { team, id } = await asking('Asked Debit');
    const page = await browser.newPage({ as: team, url: `/${team.slug}/members/${id}` });
    expectError(page, REFUSED);
    await age(team);
    await page.getByRole('button', { name: 'Debit', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Amount').fill('20');
    await page.keyboard.press('Enter');
    const confirm = page.getByRole('dialog', { name: 'Is it you?' });
    await see(confirm.getByLabel('Password', { exact: true })).toBeFocused();
    expect(await axe(page)).toEqual([]);
    await page.keyboard.type('not the password');
    await page.keyboard.press('Enter');
    await see(confirm.getByText('Wrong password.')).toBeVisible();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Enter');
    await see(page.getByText('$20.00 debited from Till.')).toBeVisible();
    const { body } = await callApi(`${url}/api/v1`, 'GET', `/members/${id}`, { key: team.apiKey });
    expect(body.balance).toBe('30.00');
    // For ten minutes nothing is asked again.
    await page.getByRole('button', { name: 'Debit', exact: true }).click();
    await page.getByRole('dialog').getByLabel('Amount').fill('15');
    await page.keyboard.press('Enter');
    await see(page.getByText('$15.00 debited from Till.')).toBeVisible();
  });

  it('a key is not shown to who does not prove himself', async () => {
    const { team } = await asking('Asked Key');
    const page = await browser.newPage({ as: team, url: `/${team.slug}/members` });
    expectError(page, REFUSED);
    await age(team);
    await page.getByRole('button', { name: 'Actions for Till' }).click();
    await page.getByRole('menuitem', { name: 'Reveal key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    const confirm = page.getByRole('dialog', { name: 'Is it you?' });
    await see(confirm.getByLabel('Password', { exact: true })).toBeFocused();
    await page.keyboard.press('Escape');
    await see(confirm).toBeHidden();
    await see(page.getByRole('dialog').getByRole('alert')).toContainText('Nothing was changed');
    await see(page.getByTestId('api-key')).toBeHidden();
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await page.keyboard.press('Escape');
    await see(confirm).toBeHidden();
    // What it was asked for stays open.
    await page.getByRole('dialog').getByRole('button', { name: 'Reveal key' }).click();
    await confirm.getByLabel('Password', { exact: true }).fill(team.password);
    await confirm.getByRole('button', { name: 'Go on' }).click();
    await see(page.getByTestId('api-key')).toHaveText(/^pur_live_/);
  });
});

describe('sessions', () => {
  it('are listed, and ended from here: in the other browser at once', async () => {
    const team = await newTeam('Browsers');
    const other = await browser.newPage({ as: team, url: `/${team.slug}`, deaf: true });
    const page = await browser.newPage({ as: team, url: '/account/sessions' });
    for (const each of [page, other]) expectError(each, REFUSED);
    const rows = page
      .getByRole('table', { name: 'Browsers' })
      .getByRole('row')
      .filter({ has: page.getByRole('cell') });
    await see(rows).toHaveCount(2);
    await see(rows.filter({ hasText: 'this browser, now' })).toHaveCount(1);
    await page.getByRole('button', { name: /^Sign out .*on/ }).click();
    await see(rows).toHaveCount(1);
    await other.reload();
    expect(at(other)).toBe('/sign-in');
    await page.getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Sign out everywhere' }).click();
    await page.waitForURL('/sign-in');
  });

  it('note that they are in use about once an hour', async () => {
    const team = await newTeam('In Use');
    const page = await browser.newPage({ as: team, url: `/${team.slug}` });
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

describe('a profile', () => {
  it('has a name of its own, and leads to all that is the person’s', async () => {
    const team = await newTeam('Named');
    const page = await browser.newPage({ as: team, url: `/${team.slug}` });
    await page.getByRole('link', { name: 'Account' }).click();
    await page.getByLabel('Name', { exact: true }).fill('Olga Owner');
    await page.getByRole('button', { name: 'Save' }).click();
    await see(page.getByText('Saved.')).toBeVisible();
    await see(page.getByText('not proven yet')).toBeVisible();
    for (const name of ['Password', 'Two-factor', 'Sessions', 'Teams', 'Profile']) {
      await page.getByRole('navigation', { name: 'Your settings' }).getByRole('link', { name }).click();
      await see(page.getByRole('heading', { name, exact: true, level: 1 })).toBeVisible();
    }
  });
});

describe('the operator', () => {
  it('gives back who cannot get in: a password, or the way past a lost app', async () => {
    const team = await newTeam('Rescued');
    const page = await browser.newPage({ as: team, url: '/account/two-factor' });
    expectError(page, REFUSED);
    await page.getByRole('button', { name: 'Turn on' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Your password').fill(team.password);
    await page.keyboard.press('Enter');
    const secret = await dialog.getByTestId('totp-secret').innerText();
    await dialog.getByLabel('The code that the app shows').fill(codeNow(secret));
    await page.keyboard.press('Enter');
    await see(dialog.getByRole('list', { name: 'Recovery codes' })).toBeVisible();
    const words = [team.memberId, '--team', team.teamId];
    const given = await purserJson<{ email: string; password: string }>(dataDir, 'member', 'password', ...words);
    expect(given.email).toBe(team.email);
    const reset = await purserJson<object>(dataDir, 'member', 'totp-reset', ...words);
    expect(reset).toEqual({ email: team.email, wasOn: true });
    expect(await purserJson(dataDir, 'setup')).toEqual({ url: null });
    await page.reload();
    expect(at(page)).toBe('/sign-in');
    await signIn(page, team.email, given.password);
    await see(page.getByRole('button', { name: 'Turn on' })).toBeVisible();
  });
});

describe('signing up', () => {
  it('is not there unless it is opened', async () => {
    for (const path of ['/sign-up', '/sign-up/x']) expect((await fetch(`${url}${path}`)).status).toBe(404);
    expect((await fetch(`${url}/setup`)).status).toBe(404);
  });

  it('makes a team and its owner by the mailed link, where it is open', async () => {
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
      const page = await browser.newPage({ url: `${open}/sign-in` });
      await page.getByRole('link', { name: 'Make a team' }).click();
      await page.waitForURL(`${open}/sign-up`);
      await page.getByLabel('Email').fill(email);
      await page.getByRole('button', { name: 'Mail me a link' }).click();
      await see(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible();
      const path = `${open}/sign-up/${await mailedToken(dataDir, email, 'sign-up')}`;
      for (const method of ['HEAD', 'GET']) expect((await fetch(path, { method })).status).toBe(200);
      await openAt(page, path);
      expect(await axe(page)).toEqual([]);
      await page.getByLabel('Team', { exact: true }).fill('Signed Up');
      await page.getByLabel('Your name').fill('Una Usher');
      await page.getByLabel('Password', { exact: true }).fill(NEW);
      await page.getByRole('button', { name: 'Make the team' }).click();
      await page.waitForURL(`${open}/signed-up`);
      await see(page.getByRole('button', { name: /^Signed Up .*Switch team$/ })).toBeVisible();
    } finally {
      web.child.kill('SIGTERM');
    }
  });
});
