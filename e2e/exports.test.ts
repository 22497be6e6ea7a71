import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { callApi } from '@/tests/support/call-api';
import { expect, runningProduct, test, type Credentials, type NewPage } from './support/browser';
import { createTeamByCommand, ROOT, type Team } from './support/product';

const { url } = runningProduct();

/** The exports that a team's pages offer, from the folders of the router: one without a row below fails. */
const FILES = readdirSync(join(ROOT, 'app/(dashboard)/[team]/export')).toSorted();

/** The marks that each export shows to an owner and to a member; null if only owners can read it. */
const SHOWN: Record<string, { owner: string; member: string | null }> = {
  audit: { owner: 'team.created', member: null },
  members: { owner: 'Shut Member', member: null },
  messages: { owner: 'Hello from outside', member: 'Hello from inside' },
  rates: { owner: 'US', member: null },
  transfers: { owner: '25.00', member: '25.00' },
  usage: { owner: '0.00', member: '0.00' },
};

test.describe('exports are protected like the pages of their team', () => {
  let [team, other]: Team[] = [];
  let member: Credentials & { id: string };
  const download = async (newPage: NewPage, as: Credentials | null, slug: string, file: string, query = '') => {
    const page = await newPage({ as });
    const answer = await page.request.get(`/${slug}/export/${file}${query}`, { maxRedirects: 0 });
    // Refusals are identical apart from the id of the request.
    return { status: answer.status(), text: (await answer.text()).replace(/req_[0-9a-z]+/g, 'req') };
  };

  test.beforeAll(async () => {
    [team, other] = [
      await createTeamByCommand('Shut Files', '90.00'),
      await createTeamByCommand('Other Files', '10.00'),
    ];
    const wanted = { name: 'Shut Member', credit: '25.00', generatePassword: true };
    const { body } = await callApi(`${url}/api/v1`, 'POST', '/members', { key: team.apiKey, body: wanted });
    const message = (text: string) => ({ to: '+14155550100', from: 'Acme', body: text });
    for (const [key, text] of [
      [team.apiKey, 'Hello from outside'],
      [body.secrets.apiKey, 'Hello from inside'],
    ] as const) {
      const sent = await callApi(`${url}/api/v1`, 'POST', '/messages', { key, body: message(text) });
      expect(sent.status).toBe(202);
    }
    member = { id: body.member.id, email: body.member.email, password: body.secrets.password };
  });

  test('each have a row in this table', () => expect(FILES).toEqual(Object.keys(SHOWN)));

  for (const file of FILES)
    test(`${file}: is available to its team only, and shows each role its own data`, async ({ newPage }) => {
      const { owner, member: own } = SHOWN[file]!;
      const whole = await download(newPage, team!, 'shut-files', file);
      expect([whole.status, whole.text.includes(owner)]).toEqual([200, true]);
      const [foreign, never] = [
        await download(newPage, other!, 'shut-files', file),
        await download(newPage, other!, 'never-there', file),
      ];
      expect(foreign).toEqual(never);
      expect(foreign.status).toBe(404);
      expect((await download(newPage, null, 'shut-files', file)).status).toBe(401);
      const seen = await download(newPage, member, 'shut-files', file);
      if (own === null && seen.status === 200) {
        // The list of members contains only the member itself.
        expect(seen.text.trim().split('\n')).toHaveLength(2);
        expect(seen.text).toContain(member.id);
      } else expect(seen.status).toBe(own === null ? 403 : 200);
      expect(seen.text).not.toContain('Olive');
      expect(seen.text).not.toContain('90.00');
    });

  test('treat an id of another team in a filter like an unknown one', async ({ newPage }) => {
    const others: string = (await callApi(`${url}/api/v1`, 'GET', '/me', { key: other!.apiKey })).body.member.id;
    const never = `mem_${'0'.repeat(26)}`;
    for (const file of ['messages', 'transfers']) {
      const [foreign, unknown] = [
        await download(newPage, team!, 'shut-files', file, `?memberId=${others}`),
        await download(newPage, team!, 'shut-files', file, `?memberId=${never}`),
      ];
      expect(foreign).toEqual(unknown);
      expect(foreign.text.trim().split('\n')).toHaveLength(1);
    }
  });
});
