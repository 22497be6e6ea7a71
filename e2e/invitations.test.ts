import { expect as see, type Page } from '@playwright/test';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { callApi, type Answer } from '@/tests/support/api';
import { expectError, openAt, settle, signIn, useBrowser } from './support/browser';
import { sql } from './support/people';
import { makeTeam, type Team } from './support/product';

const { url, dataDir } = inject('product');
const REFUSED = /40[0-9]|410/;
const PASSWORD = 'a fine long passphrase';

let made = 0;
const someAddress = (): string => `guest-${Date.now()}-${(made += 1)}@example.test`;

describe('inviting', () => {
  const { newPage } = useBrowser();
  let team: Team;
  const call = (method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key: team.apiKey, body });
  const balanceOf = async (email: string) =>
    (await call('GET', `/members?query=${encodeURIComponent(email)}`)).body.data[0]?.balance;
  /** An invitation by the API, and the path of the link that an owner copies. */
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

  /** What is shown once on joining, with the way on to the team; answers the key. */
  const takeKey = async (page: Page, name = 'Inviting Team'): Promise<string> => {
    await see(page.getByRole('heading', { name: `You joined ${name}` })).toBeVisible();
    const key = await page.getByTestId('api-key').innerText();
    await page.getByRole('button', { name: 'Copy the key' }).click();
    await page.getByRole('button', { name: `Go to ${name}` }).click();
    return key;
  };

  beforeAll(async () => {
    team = await makeTeam(dataDir, 'Inviting Team', '100.00');
  });

  it('by a copied link: a second browser joins with the starting credit, and the owner’s page follows', async () => {
    const owner = await newPage({ as: team, url: '/inviting-team/invitations' });
    await see(owner.getByText('Nobody is invited yet')).toBeVisible();
    await owner.keyboard.press('i');
    const email = someAddress();
    await owner.getByRole('dialog').getByLabel('Email').fill(email);
    await owner.getByRole('dialog').getByLabel('Starting credit').fill('7.5');
    await owner.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    const link = await linkIn(owner);
    await owner.getByRole('button', { name: 'Done' }).click();
    await see(owner.getByRole('row', { name: email })).toContainText('pending');
    const visitor = await newPage({ url: link });
    await see(visitor.getByRole('heading', { name: 'Join Inviting Team' })).toBeVisible();
    await see(visitor.getByRole('main')).toContainText('$7.50');
    await join(visitor);
    const key = await takeKey(visitor);
    await visitor.waitForURL('/inviting-team');
    expect((await callApi(`${url}/api/v1`, 'GET', '/me', { key })).body.member.email).toBe(email);
    await see(visitor.getByRole('main')).toContainText('$7.50');
    await see(owner.getByRole('row', { name: email })).toContainText('accepted');
    expect(await balanceOf(email)).toBe('7.50');
    // The link is dead, and says so to whoever opens it again.
    const again = await newPage({ url: link });
    await see(again.getByRole('heading', { name: 'This invitation was accepted' })).toBeVisible();
    const same = await newPage({ beside: visitor, url: link });
    await same.getByRole('link', { name: 'Go to Inviting Team' }).click();
    await same.waitForURL('/inviting-team');
  });

  it('keeps what was typed when a password is too common, and says what to do', async () => {
    const { path } = await invited();
    const visitor = await newPage({ url: path });
    expectError(visitor, REFUSED);
    await visitor.getByLabel('Your name').fill('Jo');
    await visitor.getByLabel('Password', { exact: true }).fill('password1234');
    await visitor.getByRole('button', { name: 'Join Inviting Team' }).click();
    await see(visitor.getByText('This password is too common')).toBeVisible();
    await see(visitor.getByLabel('Your name')).toHaveValue('Jo');
  });

  it('of who has an account: signs in and comes back, another account is switched, and who is in is told so', async () => {
    const first = await invited();
    const visitor = await newPage({ url: first.path });
    await join(visitor);
    // Without a copy it is asked once; the sample command says that there is nothing to spend.
    await see(visitor.getByText('The balance is $0.00.')).toBeVisible();
    await visitor.getByRole('button', { name: 'Go to Inviting Team' }).click();
    await see(visitor.getByText('You haven’t copied the key.')).toBeVisible();
    await visitor.getByRole('button', { name: 'Close without copying' }).click();
    await visitor.waitForURL('/inviting-team');
    await see(visitor.getByText('Your balance is $0.00.')).toBeVisible();
    const other = await makeTeam(dataDir, 'Other Inviters', '10.00');
    const more = (
      await callApi(`${url}/api/v1`, 'POST', '/invitations', { key: other.apiKey, body: { email: first.email } })
    ).body;
    const path = new URL(more.url as string).pathname;
    const signedOut = await newPage({ url: path });
    await signedOut.getByRole('link', { name: 'Sign in' }).click();
    await signedOut.waitForURL(/\/sign-in\?next=/);
    await signIn(signedOut, first.email, PASSWORD);
    expect(new URL(signedOut.url()).pathname).toBe(path);
    const wrong = await newPage({ as: team, url: path });
    await see(wrong.getByText('You are signed in with another address')).toBeVisible();
    await wrong.getByRole('button', { name: 'Switch account' }).click();
    // A visitor with a copied link is not told whether the address has an account.
    await see(wrong.getByLabel('Your name')).toBeVisible();
    await see(wrong.getByText('Already have an account?')).toBeVisible();
    await signedOut.getByRole('button', { name: 'Join Other Inviters' }).click();
    await takeKey(signedOut, 'Other Inviters');
    await signedOut.waitForURL('/other-inviters');
    await openAt(signedOut, path);
    await see(signedOut.getByRole('link', { name: 'Go to Other Inviters' })).toBeVisible();
  });

  it('hands a member over to a person, with its key, balance and log', async () => {
    const { member, secrets } = (await call('POST', '/members', { name: 'Till nine', credit: '3.00' })).body;
    await callApi(`${url}/api/v1`, 'POST', '/messages', {
      key: secrets.apiKey,
      body: { to: '+14155550100', from: 'Till', body: 'Before' },
    });
    const owner = await newPage({ as: team, url: '/inviting-team/members' });
    await owner.getByRole('button', { name: 'Actions for Till nine' }).click();
    await owner.getByRole('menuitem', { name: 'Invite a person to it' }).click();
    const email = someAddress();
    await owner.getByRole('dialog').getByLabel('Email').fill(email);
    await owner.getByRole('dialog').getByRole('button', { name: 'Invite', exact: true }).click();
    const visitor = await newPage({ url: await linkIn(owner) });
    await see(visitor.getByRole('main')).toContainText('Till nine');
    await join(visitor, 'Kim Cash');
    await visitor.waitForURL('/inviting-team');
    await openAt(visitor, '/inviting-team/messages');
    await see(visitor.getByRole('row', { name: /\+14155550100/ })).toHaveCount(1);
    const me = await callApi(`${url}/api/v1`, 'GET', '/me', { key: secrets.apiKey });
    expect(me.body.member).toMatchObject({ id: member.id, name: 'Till nine', email });
  });

  it('many from a pasted list, with a result each', async () => {
    const owner = await newPage({ as: team, url: '/inviting-team/invitations' });
    expectError(owner, REFUSED);
    const taken = await invited();
    const [one, two] = [someAddress(), someAddress()];
    await owner.getByRole('button', { name: 'Invite many' }).click();
    const dialog = owner.getByRole('dialog');
    await dialog
      .getByLabel('Whom to invite')
      .fill(`${one}, One, owner, 2.50\nTwo <${two}>\nnonsense\n${taken.email}\n${one}`);
    await see(dialog.getByText('2 cannot be invited and are left out')).toBeVisible();
    await dialog.getByRole('button', { name: 'Invite 3' }).click();
    await see(dialog.getByRole('status')).toContainText('2 of 3 done, 1 not');
    await see(dialog.getByRole('listitem').filter({ hasText: taken.email })).toContainText(
      'An invitation is already open',
    );
    await dialog.getByRole('button', { name: 'Done' }).click();
    const { data } = (await call('GET', '/invitations?limit=3')).body;
    const made = Object.fromEntries(data.map(({ email, ...rest }: { email: string }) => [email, rest]));
    expect(made[one]).toMatchObject({ name: 'One', role: 'owner', credit: '2.50' });
    expect(made[two]).toMatchObject({ name: 'Two', role: 'member', credit: null });
  });

  it('resends: the old link says that there is a newer one; revokes, declines, and each says so', async () => {
    const { email, path, id } = await invited();
    const owner = await newPage({ as: team, url: `/inviting-team/invitations?q=${encodeURIComponent(email)}` });
    await owner.getByRole('button', { name: `Actions for ${email}` }).click();
    await owner.getByRole('menuitem', { name: 'Resend' }).click();
    await see(owner.getByText('The old links are dead')).toBeVisible();
    const visitor = await newPage({ url: path });
    await see(visitor.getByRole('heading', { name: 'There is a newer link' })).toBeVisible();
    await openAt(visitor, new URL((await call('GET', `/invitations/${id}`)).body.url).pathname);
    await owner.getByRole('button', { name: `Actions for ${email}` }).click();
    await owner.getByRole('menuitem', { name: 'Revoke' }).click();
    await see(owner.getByRole('row', { name: email })).toContainText('revoked');
    expectError(visitor, REFUSED);
    await join(visitor);
    await see(visitor.getByRole('heading', { name: 'This invitation was withdrawn' })).toBeVisible();
    const second = await invited();
    await openAt(visitor, second.path);
    await visitor.getByRole('button', { name: 'Decline' }).click();
    await visitor.getByRole('button', { name: 'Decline it' }).click();
    await see(visitor.getByRole('heading', { name: 'This invitation was declined' })).toBeVisible();
    expect((await call('GET', `/invitations/${second.id}`)).body.status).toBe('declined');
  });

  it('joins without the credit that the master cannot pay, and tells both', async () => {
    const { path, email } = await invited({ credit: '5000.00' });
    const visitor = await newPage({ url: path });
    await join(visitor);
    await see(visitor.getByText('The starting credit could not be paid yet')).toBeVisible();
    await takeKey(visitor);
    await visitor.waitForURL('/inviting-team');
    const owner = await newPage({ as: team, url: `/inviting-team/invitations?q=${encodeURIComponent(email)}` });
    await owner.getByRole('button', { name: email, exact: true }).click();
    await see(owner.getByRole('dialog')).toContainText('The starting credit could not be paid');
    expect(await balanceOf(email)).toBe('0.00');
  });

  /** The newest mail to an address, as it stands in the demo's mailbox. */
  const openMail = async (page: Page, to: string, subject: string | RegExp) => {
    await openAt(page, `/mailbox?to=${encodeURIComponent(to)}`);
    await page.getByRole('link', { name: subject }).first().click();
    await see(page.frameLocator('iframe').getByRole('heading')).toBeVisible();
    return page.frameLocator('iframe');
  };

  it('by mail: the invited follows the link of the mail, which proves the address, and is welcomed', async () => {
    const { email, id } = await invited({ name: 'Mia Mailed', credit: '1.25' });
    const visitor = await newPage();
    const mail = await openMail(visitor, email, /Inviting Team/);
    await see(mail.getByText('1.25 USD')).toBeVisible();
    await mail.getByRole('link').first().click();
    await visitor.waitForURL(/\/invite\/inv_[^.]+\.m1\./);
    await settle(visitor);
    await see(visitor.getByLabel('Your name')).toHaveValue('Mia Mailed');
    await join(visitor, 'Mia Mailed');
    await takeKey(visitor);
    await visitor.waitForURL(({ pathname }) => pathname === '/inviting-team');
    expect((await call('GET', `/invitations/${id}`)).body).toMatchObject({ status: 'accepted', delivery: 'sent' });
    const proven = 'SELECT email_proven_at IS NOT NULL AS proven FROM users WHERE email = $1';
    expect(await sql(dataDir, proven, [email])).toEqual([{ proven: true }]);
    await openMail(visitor, email, /Welcome to Inviting Team/);
  });

  it('a mailed link takes an account from whoever made it by a copied one: a new password, and his browser is out', async () => {
    const bait = await invited();
    const squatter = await newPage({ url: bait.path });
    await join(squatter, 'Not Really');
    await takeKey(squatter);
    await squatter.waitForURL('/inviting-team');
    const other = await makeTeam(dataDir, 'Proper Inviters', '10.00');
    const asOther = { key: other.apiKey, body: { email: bait.email } };
    await callApi(`${url}/api/v1`, 'POST', '/invitations', asOther);
    const holder = await newPage();
    const mail = await openMail(holder, bait.email, /Proper Inviters/);
    await mail.getByRole('link').first().click();
    await see(holder.getByText('never proven to be yours')).toBeVisible();
    await settle(holder);
    await holder.getByLabel('New password').fill('the holder’s own passphrase');
    await holder.getByRole('button', { name: 'Join Proper Inviters' }).click();
    await takeKey(holder, 'Proper Inviters');
    await holder.waitForURL(({ pathname }) => pathname === '/proper-inviters');
    expectError(squatter, REFUSED);
    await squatter.reload();
    await squatter.waitForURL(/\/sign-in/);
    await openAt(squatter, '/sign-in');
    await squatter.getByLabel('Email').fill(bait.email);
    await squatter.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await squatter.getByRole('button', { name: 'Sign in' }).click();
    await see(squatter.getByText('The email or the password is not right.')).toBeVisible();
  });

  it('is not used up by what fetches every link of every mail: GET and HEAD, again and again', async () => {
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

  it('shows the link of an owner’s invitation only to who has confirmed their identity, where the team asks for that', async () => {
    const careful = await makeTeam(dataDir, 'Careful Inviters', '10.00');
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
    await see(detail.getByText(link)).toBeVisible();
    // Its inviter is another's member by then: the page says why it ended.
    const second = await asCareful('POST', '/members', { role: 'owner' });
    await callApi(`${url}/api/v1`, 'POST', `/members/${careful.memberId}/role`, {
      key: second.body.secrets.apiKey,
      body: { role: 'member' },
    });
    const ended = await callApi(`${url}/api/v1`, 'GET', '/invitations', { key: second.body.secrets.apiKey });
    expect(ended.body.data[0]).toMatchObject({ status: 'revoked', revokedReason: 'inviter_not_owner', url: null });
  });

  it('of a link that is cut off leads nowhere, and says what to do', async () => {
    const { path } = await invited();
    const page = await newPage({});
    expectError(page, REFUSED);
    await openAt(page, path.slice(0, -4));
    await see(page.getByRole('heading', { name: 'This link leads nowhere' })).toBeVisible();
  });
});
