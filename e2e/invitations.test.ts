import type { Page } from '@playwright/test';
import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, openAt, runningProduct, settle, signInByForm, test } from './support/browser';
import { sql } from './support/people';
import { createTeamByCommand, type Team } from './support/product';

const { url, dataDir } = runningProduct();
const REFUSED = /40[0-9]|410/;
const PASSWORD = 'a fine long passphrase';

let made = 0;
const someAddress = (): string => `invited-${Date.now()}-${(made += 1)}@example.test`;

test.describe('an invitation', () => {
  let team: Team;
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const balanceOf = async (email: string) =>
    (await call('GET', `/members?query=${encodeURIComponent(email)}`)).body.data[0]?.balance;
  /** Creates an invitation through the API; its path is that of the link that an owner copies. */
  const invited = async (given: object = {}) => {
    const { body } = await call('POST', '/invitations', { email: someAddress(), ...given });
    return { ...(body as { id: string; email: string }), path: new URL(body.url).pathname };
  };
  const linkIn = async (page: Page): Promise<string> => {
    const text = (await page.getByRole('dialog').locator('code').textContent()) ?? '';
    return new URL(text).pathname;
  };
  const join = async (page: Page, name = 'Jo Sand') => {
    await page.getByLabel('Your name').fill(name);
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Join Inviting Team' }).click();
  };

  /** Expects the page that follows joining, continues to the team and returns the key. */
  const takeKey = async (page: Page, name = 'Inviting Team'): Promise<string> => {
    await expect(page.getByRole('heading', { name: `You joined ${name}` })).toBeVisible();
    const key = await page.getByTestId('api-key').innerText();
    await page.getByRole('button', { name: 'Copy key' }).click();
    await page.getByRole('button', { name: `Go to ${name}` }).click();
    return key;
  };

  test.beforeAll(async () => {
    team = await createTeamByCommand('Inviting Team', '100.00');
  });

  test('is accepted by a copied link: the member joins with the starting credit, and the owner’s page updates', async ({
    newPage,
  }) => {
    const owner = await newPage({ as: team, url: '/inviting-team/invitations' });
    await expect(owner.getByText('No invitations yet')).toBeVisible();
    await owner.keyboard.press('i');
    const email = someAddress();
    await owner.getByRole('dialog').getByLabel('Email').fill(email);
    await owner.getByRole('dialog').getByLabel('Starting credit').fill('7.5');
    await owner.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    const link = await linkIn(owner);
    await owner.getByRole('button', { name: 'Done' }).click();
    await expect(owner.getByRole('row', { name: email })).toContainText('Pending');
    const visitor = await newPage({ url: link });
    await expect(visitor.getByRole('heading', { name: 'Join Inviting Team' })).toBeVisible();
    await expect(visitor.getByRole('main')).toContainText('$7.50');
    await join(visitor);
    const key = await takeKey(visitor);
    await visitor.waitForURL('/inviting-team');
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key })).body.member.email).toBe(email);
    await expect(visitor.getByRole('main')).toContainText('$7.50');
    await expect(owner.getByRole('row', { name: email })).toContainText('Accepted');
    expect(await balanceOf(email)).toBe('7.50');
    // The link no longer works, and the page says so.
    const again = await newPage({ url: link });
    await expect(again.getByRole('heading', { name: 'Invitation accepted' })).toBeVisible();
    const same = await newPage({ beside: visitor, url: link });
    await same.getByRole('link', { name: 'Go to Inviting Team' }).click();
    await same.waitForURL('/inviting-team');
  });

  test('keeps the entered values when a password is too common, and says what to do', async ({ newPage }) => {
    const { path } = await invited();
    const visitor = await newPage({ url: path });
    expectError(visitor, REFUSED);
    await visitor.getByLabel('Your name').fill('Jo');
    await visitor.getByLabel('Password', { exact: true }).fill('password1234');
    await visitor.getByRole('button', { name: 'Join Inviting Team' }).click();
    await expect(visitor.getByText('This password is too common')).toBeVisible();
    await expect(visitor.getByLabel('Your name')).toHaveValue('Jo');
  });

  test('of an existing user: signs in and returns, switches the account, and informs a current member', async ({
    newPage,
  }) => {
    const first = await invited();
    const visitor = await newPage({ url: first.path });
    await join(visitor);
    // Closing without a copy asks once; the sample command notes that there is no balance to spend.
    await expect(visitor.getByText('The balance is $0.00.')).toBeVisible();
    await visitor.getByRole('button', { name: 'Go to Inviting Team' }).click();
    await expect(visitor.getByText('You haven’t copied the key.')).toBeVisible();
    await visitor.getByRole('button', { name: 'Close without copying' }).click();
    await visitor.waitForURL('/inviting-team');
    await expect(visitor.getByText('Your balance is $0.00.')).toBeVisible();
    const other = await createTeamByCommand('Other Inviters', '10.00');
    const more = (
      await callApi(`${url}/api/v1`, 'POST', '/invitations', { key: other.apiKey, body: { email: first.email } })
    ).body;
    const path = new URL(more.url as string).pathname;
    const signedOut = await newPage({ url: path });
    await signedOut.getByRole('link', { name: 'Sign in' }).click();
    await signedOut.waitForURL(/\/sign-in\?next=/);
    await signInByForm(signedOut, first.email, PASSWORD);
    expect(new URL(signedOut.url()).pathname).toBe(path);
    const wrong = await newPage({ as: team, url: path });
    await expect(wrong.getByText('You’re signed in with a different email')).toBeVisible();
    await wrong.getByRole('button', { name: 'Switch account' }).click();
    // A copied link does not reveal whether the address has an account.
    await expect(wrong.getByLabel('Your name')).toBeVisible();
    await expect(wrong.getByText('Already have an account?')).toBeVisible();
    await signedOut.getByRole('button', { name: 'Join Other Inviters' }).click();
    await takeKey(signedOut, 'Other Inviters');
    await signedOut.waitForURL('/other-inviters');
    await openAt(signedOut, path);
    await expect(signedOut.getByRole('link', { name: 'Go to Other Inviters' })).toBeVisible();
  });

  test('hands a member over to a user, with its key, balance and log', async ({ newPage }) => {
    const { member, secrets } = (await call('POST', '/members', { name: 'Till nine', credit: '3.00' })).body;
    await callApi(`${url}/api/v1`, 'POST', '/messages', {
      key: secrets.apiKey,
      body: { to: '+14155550100', from: 'Till', body: 'Before' },
    });
    const owner = await newPage({ as: team, url: '/inviting-team/members' });
    await owner.getByRole('button', { name: 'Actions for Till nine' }).click();
    await owner.getByRole('menuitem', { name: 'Invite someone to claim this account…' }).click();
    const email = someAddress();
    await owner.getByRole('dialog').getByLabel('Email').fill(email);
    await owner.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    const visitor = await newPage({ url: await linkIn(owner) });
    await expect(visitor.getByRole('main')).toContainText('Till nine');
    await join(visitor, 'Kim Cash');
    await visitor.waitForURL('/inviting-team');
    await openAt(visitor, '/inviting-team/messages');
    await expect(visitor.getByRole('row', { name: /\+14155550100/ })).toHaveCount(1);
    const me = await callApi(`${url}/api/v1`, 'GET', '/me', { key: secrets.apiKey });
    expect(me.body.member).toMatchObject({ id: member.id, name: 'Till nine', email });
  });

  test('is created for each row of a pasted list, with a result for each', async ({ newPage }) => {
    const owner = await newPage({ as: team, url: '/inviting-team/invitations' });
    expectError(owner, REFUSED);
    const taken = await invited();
    const [one, two] = [someAddress(), someAddress()];
    await owner.getByRole('button', { name: 'Bulk invite' }).click();
    const dialog = owner.getByRole('dialog');
    await dialog
      .getByLabel('People to invite')
      .fill(`${one}, One, owner, 2.50\nTwo <${two}>\nnonsense\n${taken.email}\n${one}`);
    await expect(dialog.getByText('2 lines skipped')).toBeVisible();
    await dialog.getByRole('button', { name: 'Invite 3' }).click();
    await expect(dialog.getByRole('status')).toContainText('2 of 3 completed, 1 failed');
    await expect(dialog.getByRole('listitem').filter({ hasText: taken.email })).toContainText(
      'An invitation is already open',
    );
    await dialog.getByRole('button', { name: 'Done' }).click();
    const { data } = (await call('GET', '/invitations?limit=3')).body;
    const made = Object.fromEntries(data.map(({ email, ...rest }: { email: string }) => [email, rest]));
    expect(made[one]).toMatchObject({ name: 'One', role: 'owner', credit: '2.50' });
    expect(made[two]).toMatchObject({ name: 'Two', role: 'member', credit: null });
  });

  test('is resent, revoked and declined: the page of each outdated link states the reason', async ({ newPage }) => {
    const { email, path, id } = await invited();
    const owner = await newPage({ as: team, url: `/inviting-team/invitations?q=${encodeURIComponent(email)}` });
    await owner.getByRole('button', { name: `Actions for ${email}` }).click();
    await owner.getByRole('menuitem', { name: 'Resend' }).click();
    await expect(owner.getByText('Previous links no longer work')).toBeVisible();
    const visitor = await newPage({ url: path });
    await expect(visitor.getByRole('heading', { name: 'Link replaced' })).toBeVisible();
    await openAt(visitor, new URL((await call('GET', `/invitations/${id}`)).body.url).pathname);
    await owner.getByRole('button', { name: `Actions for ${email}` }).click();
    await owner.getByRole('menuitem', { name: 'Revoke' }).click();
    await expect(owner.getByRole('row', { name: email })).toContainText('Revoked');
    expectError(visitor, REFUSED);
    await join(visitor);
    await expect(visitor.getByRole('heading', { name: 'Invitation revoked' })).toBeVisible();
    const second = await invited();
    await openAt(visitor, second.path);
    await visitor.getByRole('button', { name: 'Decline' }).click();
    await visitor.getByRole('button', { name: 'Decline invitation' }).click();
    await expect(visitor.getByRole('heading', { name: 'Invitation declined' })).toBeVisible();
    expect((await call('GET', `/invitations/${second.id}`)).body.status).toBe('declined');
  });

  test('joins without a credit that exceeds the master balance, and informs both sides', async ({ newPage }) => {
    const { path, email } = await invited({ credit: '5000.00' });
    const visitor = await newPage({ url: path });
    await join(visitor);
    await expect(visitor.getByText('The starting credit hasn’t been paid')).toBeVisible();
    await takeKey(visitor);
    await visitor.waitForURL('/inviting-team');
    const owner = await newPage({ as: team, url: `/inviting-team/invitations?q=${encodeURIComponent(email)}` });
    await owner.getByRole('button', { name: email, exact: true }).click();
    await expect(owner.getByRole('dialog')).toContainText('The starting credit wasn’t paid on acceptance');
    expect(await balanceOf(email)).toBe('0.00');
  });

  /** Opens the newest email to an address in the demo's mailbox. */
  const openMail = async (page: Page, to: string, subject: string | RegExp) => {
    await openAt(page, `/mailbox?to=${encodeURIComponent(to)}`);
    await page.getByRole('link', { name: subject }).first().click();
    await expect(page.frameLocator('iframe').getByRole('heading')).toBeVisible();
    return page.frameLocator('iframe');
  };

  test('is accepted by an emailed link, which verifies the address, and is followed by a welcome email', async ({
    newPage,
  }) => {
    const { email, id } = await invited({ name: 'Mia Mailed', credit: '1.25' });
    const visitor = await newPage();
    const mail = await openMail(visitor, email, /Inviting Team/);
    await expect(mail.getByText('1.25 USD')).toBeVisible();
    await mail.getByRole('link').first().click();
    await visitor.waitForURL(/\/invite\/inv_[^.]+\.m1\./);
    await settle(visitor);
    await expect(visitor.getByLabel('Your name')).toHaveValue('Mia Mailed');
    await join(visitor, 'Mia Mailed');
    await takeKey(visitor);
    await visitor.waitForURL(({ pathname }) => pathname === '/inviting-team');
    expect((await call('GET', `/invitations/${id}`)).body).toMatchObject({ status: 'accepted', delivery: 'sent' });
    const proven = 'SELECT email_proven_at IS NOT NULL AS proven FROM users WHERE email = $1';
    expect(await sql(dataDir, proven, [email])).toEqual([{ proven: true }]);
    await openMail(visitor, email, /Welcome to Inviting Team/);
  });

  test('accepted by an emailed link takes over an unverified account: its password is replaced, and the other browser signed out', async ({
    newPage,
  }) => {
    const bait = await invited();
    const impostor = await newPage({ url: bait.path });
    await join(impostor, 'Not Really');
    await takeKey(impostor);
    await impostor.waitForURL('/inviting-team');
    const other = await createTeamByCommand('Proper Inviters', '10.00');
    const asOther = { key: other.apiKey, body: { email: bait.email } };
    await callApi(`${url}/api/v1`, 'POST', '/invitations', asOther);
    const addressOwner = await newPage();
    const mail = await openMail(addressOwner, bait.email, /Proper Inviters/);
    await mail.getByRole('link').first().click();
    await expect(addressOwner.getByText('was never verified')).toBeVisible();
    await settle(addressOwner);
    await addressOwner.getByLabel('New password').fill('a passphrase of their own');
    await addressOwner.getByRole('button', { name: 'Join Proper Inviters' }).click();
    await takeKey(addressOwner, 'Proper Inviters');
    await addressOwner.waitForURL(({ pathname }) => pathname === '/proper-inviters');
    expectError(impostor, REFUSED);
    await impostor.reload();
    await impostor.waitForURL(/\/sign-in/);
    await openAt(impostor, '/sign-in');
    await impostor.getByLabel('Email').fill(bait.email);
    await impostor.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await impostor.getByRole('button', { name: 'Sign in' }).click();
    await expect(impostor.getByText('Wrong email or password.')).toBeVisible();
  });

  test('is not consumed by scanners that request its links repeatedly with GET and HEAD', async ({ newPage }) => {
    const { path, id, email } = await invited();
    const page = await newPage();
    await openMail(page, email, /Inviting Team/);
    const hrefs = await page
      .frameLocator('iframe')
      .getByRole('link')
      .evaluateAll((links) => links.map((a) => (a as HTMLAnchorElement).href));
    expect(hrefs.length).toBeGreaterThan(0);
    const targets = [path, ...hrefs.map((href) => new URL(href).pathname)];
    for (const target of [...targets, ...targets]) {
      for (const method of ['GET', 'HEAD']) expect((await fetch(`${url}${target}`, { method })).status).toBe(200);
    }
    expect((await call('GET', `/invitations/${id}`)).body.status).toBe('pending');
    const visitor = await newPage({ url: path });
    await join(visitor);
    await takeKey(visitor);
    await visitor.waitForURL('/inviting-team');
  });

  test('of an owner shows its link only after reauthentication, where the team requires it', async ({ newPage }) => {
    const careful = await createTeamByCommand('Careful Inviters', '10.00');
    const asCareful = (method: string, path: string, body: object) =>
      callApi(`${url}/api/v1`, method, path, { key: careful.apiKey, body });
    await asCareful('PATCH', '/team/settings', { requireReauthentication: true });
    const email = someAddress();
    const { url: link } = (await asCareful('POST', '/invitations', { email, role: 'owner' })).body;
    const page = await newPage({ as: careful });
    expectError(page, /403/);
    const confirmed = `UPDATE sessions SET confirmed_at = now() - interval '11 min' WHERE user_id = (SELECT id FROM users WHERE email = $1)`;
    await sql(dataDir, confirmed, [careful.email]);
    await openAt(page, '/careful-inviters/invitations');
    expect(await page.content()).not.toContain(link);
    await page.getByRole('button', { name: `Actions for ${email}` }).click();
    await page.getByRole('menuitem', { name: 'Show link' }).click();
    const detail = page.getByRole('dialog', { name: email });
    await detail.getByRole('button', { name: 'Show link' }).click();
    await page.getByLabel('Password', { exact: true }).fill(careful.password);
    await page.keyboard.press('Enter');
    await expect(detail.getByText(link)).toBeVisible();
    // The inviter is demoted by another owner: the invitation says why it ended.
    const second = await asCareful('POST', '/members', { role: 'owner' });
    await callApi(`${url}/api/v1`, 'POST', `/members/${careful.memberId}/role`, {
      key: second.body.secrets.apiKey,
      body: { role: 'member' },
    });
    const ended = await callApi(`${url}/api/v1`, 'GET', '/invitations', { key: second.body.secrets.apiKey });
    expect(ended.body.data[0]).toMatchObject({ status: 'revoked', revokedReason: 'inviter_not_owner', url: null });
  });

  test('with a truncated link says that the link is invalid, and what to do', async ({ newPage }) => {
    const { path } = await invited();
    const page = await newPage({});
    expectError(page, REFUSED);
    await openAt(page, path.slice(0, -4));
    await expect(page.getByRole('heading', { name: 'Invalid link' })).toBeVisible();
  });
});
