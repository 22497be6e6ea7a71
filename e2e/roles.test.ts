import { callApi, type Answer } from '@/tests/support/call-api';
import { expect, expectError, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

test.describe('changing roles', () => {
  let team: Team;
  const call = (key: string, method: string, path: string, body?: object): Promise<Answer> =>
    callApi(`${url}/api/v1`, method, path, { key, body });
  /** Creates a member whose user can sign in. */
  const signedIn = async (name: string, role: 'owner' | 'member', credit?: string) => {
    const wanted = { name, role, generatePassword: true, ...(credit && { credit }) };
    const { member, secrets } = (await call(team.apiKey, 'POST', '/members', wanted)).body;
    return { ...member, email: member.email, password: secrets.password, apiKey: secrets.apiKey } as {
      id: string;
      email: string;
      password: string;
      apiKey: string;
    };
  };
  const roleOf = async (id: string, key: string) => (await call(key, 'GET', `/members/${id}`)).body.role;

  test.beforeAll(async () => {
    team = await createTeamByCommand('Role Pages', '50.00');
  });

  test('makes a member an owner and back, explains what changes, and offers an undo', async ({ newPage }) => {
    const { id } = await signedIn('Rita Switch', 'member');
    const page = await newPage({ as: team, url: '/role-pages/members' });
    await page.getByRole('button', { name: 'Make Rita Switch an owner' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('Owners manage the whole team');
    await expect(dialog).toContainText(
      'The API key stays the same. No money moves. You can change the role back at any time.',
    );
    await dialog.getByRole('button', { name: 'Make owner' }).click();
    await expect(page.getByText('Rita Switch is now an owner.')).toBeVisible();
    expect(await roleOf(id, team.apiKey)).toBe('owner');
    await page.getByRole('button', { name: 'Undo' }).click();
    await expect(page.getByRole('row', { name: /Rita Switch/ })).toContainText('Member');
    await expect.poll(() => roleOf(id, team.apiKey)).toBe('member');
  });

  test('lets the only owner step down, shows what remains, and restores the role from the banner', async ({
    newPage,
  }) => {
    const page = await newPage({ as: team, url: '/role-pages/members' });
    await page.getByRole('button', { name: 'Make Olive Owner a member' }).click();
    await expect(page.getByRole('dialog')).toContainText('The team has no owner until you take the role back');
    await page.getByRole('dialog').getByRole('button', { name: 'Make member' }).click();
    await expect(page.getByText('You’re now a member.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
    await expect(page.getByText(/this team has no owner/)).toBeVisible();
    await expect(page.getByRole('link', { name: 'Settings' })).toHaveCount(0);
    await expect(page.getByRole('link', { name: 'Members', exact: true })).toHaveCount(0);
    expect((await call(team.apiKey, 'GET', '/team')).body.code).toBe('owner_required');
    await page.getByRole('button', { name: 'Take the role back' }).click();
    await expect(page.getByRole('link', { name: 'Members', exact: true })).toBeVisible();
    await expect(page.getByText(/this team has no owner/)).toHaveCount(0);
    expect((await call(team.apiKey, 'GET', '/team')).status).toBe(200);
  });

  test('can be reversed under Teams in the account settings too', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/account/teams' });
    await page.getByRole('button', { name: 'Become a member of Role Pages' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Become a member' }).click();
    await expect(page.getByText('You’re now a member of Role Pages.')).toBeVisible();
    await expect(page.getByText('this team has no owner')).toBeVisible();
    await page.getByRole('button', { name: 'Become an owner of Role Pages again' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Take the role back' }).click();
    await expect(page.getByText('You’re now an owner of Role Pages.')).toBeVisible();
    expect((await call(team.apiKey, 'GET', '/team')).status).toBe(200);
  });

  test('takes effect in another tab at the next click', async ({ newPage }) => {
    const second = await signedIn('Tab Twin', 'owner');
    const page = await newPage({ as: second, url: '/role-pages/members' });
    const beside = await newPage({ beside: page, url: '/role-pages/members', isLive: false });
    expectError(beside, /403|404/);
    await page.getByRole('button', { name: 'Make Tab Twin a member' }).click();
    await expect(page.getByRole('dialog')).toContainText(
      'Only another owner can make you an owner again: Olive Owner.',
    );
    await page.getByRole('dialog').getByRole('button', { name: 'Make member' }).click();
    await expect(page.getByText('You’re now a member.')).toBeVisible();
    await expect(page.getByRole('button', { name: 'Undo' })).toHaveCount(0);
    // The other tab still shows the team; its action is refused by the current role.
    await beside.getByRole('button', { name: 'Actions for Olive Owner' }).click();
    await beside.getByRole('menuitem', { name: 'Deactivate' }).click();
    await expect(beside.getByText(/Only an owner|Use the key of an owner/)).toBeVisible();
    await beside.reload();
    await expect(beside.getByRole('link', { name: 'My sub-account' })).toBeVisible();
  });

  test('leaves one owner when two owners demote each other at once', async ({ newPage }) => {
    const second = await signedIn('Rival Owner', 'owner');
    const [one, two] = [
      await newPage({ as: team, url: '/role-pages/members', isLive: false }),
      await newPage({ as: second, url: '/role-pages/members', isLive: false }),
    ];
    for (const page of [one, two]) expectError(page, /403/);
    await one.getByRole('button', { name: 'Make Rival Owner a member' }).click();
    await two.getByRole('button', { name: 'Make Olive Owner a member' }).click();
    await Promise.all(
      [one, two].map((page) => page.getByRole('dialog').getByRole('button', { name: 'Make member' }).click()),
    );
    await expect
      .poll(async () => {
        const roles = await Promise.all([roleOf(team.memberId, team.apiKey), roleOf(second.id, second.apiKey)]);
        return roles.toSorted().join();
      })
      .toBe('member,owner');
    // The remaining owner restores the role of the first owner for the next tests.
    await call(second.apiKey, 'POST', `/members/${team.memberId}/role`, { role: 'owner' });
  });

  test('shows members their own data only', async ({ newPage }) => {
    const other = await signedIn('Owen Other', 'member', '9.00');
    const own = await signedIn('Mona Member', 'member', '5.00');
    const page = await newPage({ as: own, url: '/role-pages' });
    await expect(page.getByRole('navigation', { name: 'Team', exact: true }).getByRole('link')).toHaveText([
      'Overview',
      'My sub-account',
      'Messages',
      'Statistics',
      'Transfers',
    ]);
    await page.getByRole('link', { name: 'My sub-account' }).click();
    await expect(page.getByRole('heading', { name: 'Mona Member' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Credit' })).toHaveCount(0);
    await expect(page.getByRole('tab', { name: 'Settings' })).toHaveCount(0);
    await page.getByRole('tab', { name: 'Key' }).click();
    await expect(page.getByRole('button', { name: 'Rotate key' })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Reveal key' })).toHaveCount(0);
    await page.getByRole('link', { name: 'Transfers' }).click();
    await expect(page.getByRole('row', { name: /→ Mona Member/ })).toContainText('$5.00');
    await expect(page.getByText('Owen Other')).toHaveCount(0);
    expectError(page, /404/);
    for (const path of ['/role-pages/members', `/role-pages/members/${other.id}`, '/role-pages/settings']) {
      const answer = await page.goto(path);
      expect([path, answer?.status()]).toEqual([path, 404]);
      expect(await page.content()).not.toContain('Owen Other');
    }
  });
});
