import { callApi } from '@/tests/support/call-api';
import { runningProduct, test } from './support/browser';
import { typeBeforeHydration } from './support/hydration';
import { createTeamByCommand, ofThisWorker, type Team } from './support/product';

const { url } = runningProduct();

/** The pages with text fields at first paint, and the number of their fields. */
const FORMS: [path: string, fields: number][] = [
  ['/sign-in', 2],
  ['/forgot', 1],
  ['/account', 1],
  ['/account/password', 2],
  ['[invite]', 2],
  ['/mailbox', 1],
  ['[team]/members', 1],
  ['[team]/members/[id]?tab=recharge', 2],
  ['[team]/members/[id]?tab=settings', 4],
  ['[team]/invitations', 1],
  ['[team]/messages', 1],
  ['[team]/settings', 3],
  ['[team]/settings/alerts', 2],
  ['[team]/settings/rates', 1],
  ['[team]/settings/security', 1],
];

/** The forms that are also tested with a slow processor: Chromium slows it down by keeping the machine's busy. */
const SLOW = ['/sign-in', '[team]/members/[id]?tab=settings'];

test.describe('text that is typed before the page is hydrated', () => {
  test.describe.configure({ mode: 'parallel' });
  let team: Team;
  let invite: string;
  let memberId: string;

  test.beforeAll(async () => {
    team = await createTeamByCommand(ofThisWorker('Early Typists'), '50.00');
    const call = (path: string, body: object) => callApi(`${url}/api/v1`, 'POST', path, { key: team.apiKey, body });
    invite = new URL((await call('/invitations', { email: 'early@example.test' })).body.url).pathname;
    memberId = (await call('/members', { name: 'Early Member', credit: '5.00' })).body.member.id;
  });

  for (const [path, count] of FORMS) {
    test(`is kept and known to React: “${path}”`, async ({ newPage }) => {
      const isOpen = /^(\/sign-in|\/forgot|\[invite\])/.test(path);
      const page = await newPage({ as: isOpen ? null : team });
      const real = path.replace('[invite]', invite).replace('[team]', `/${team.slug}`).replace('[id]', memberId);
      await typeBeforeHydration(page, real, count, SLOW.includes(path) ? 4 : 1);
    });
  }
});
