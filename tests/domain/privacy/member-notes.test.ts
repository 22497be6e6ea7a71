import { describe, expect, it } from 'vitest';
import { newRequestId } from '@/server/domain/core/ids';
import { exportMembers } from '@/server/domain/teams/members/read';
import { exportMembersInput } from '@/server/domain/teams/members/schema';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { useApi } from '../../support/api-client';
import { visitorContextOf, makeSignedInUser, addMembership } from '../../support/users';
import { callProcedure, HERE, listProcedures, sessionOf } from '../../support/procedures';
import { ctxOf, makeTeam, type TestMember } from '../../support/team';

const as = useApi();

const NOTE = 'pays-late-and-complains';
const EXTERNAL = 'crm-blacklisted-17';
const SECRET = new RegExp(`${NOTE}|${EXTERNAL}`);

/** Creates a member with notes that only the owners see. */
async function scene() {
  const team = await makeTeam();
  const user = await makeSignedInUser();
  const member = await addMembership(user, team, {
    name: 'Ann',
    credit: '5',
    recharge: { threshold: '1', target: '5' },
  });
  await as(team.ownerKey).patch(`/members/${member.mem}`, { externalId: EXTERNAL, metadata: { note: NOTE } });
  return { team, user, member };
}

/** Collects the answers of a key's member to every procedure about a member, with as much input as each takes. */
async function answersOf(key: string, { mem }: TestMember): Promise<Record<string, string>> {
  const actor = await sessionOf(key);
  const answers: Record<string, string> = {};
  const inputs = [
    {},
    { memberId: mem },
    { query: 'Ann' },
    { memberId: mem, role: 'member' },
    { memberId: mem, overlapSeconds: 3600 },
  ];
  for (const { id } of listProcedures()) {
    for (const input of inputs) {
      const { data } = await callProcedure(actor, id, input);
      if (data !== null) answers[`${id} ${JSON.stringify(input)}`] = JSON.stringify(data);
    }
  }
  return answers;
}

const PATHS = (mem: string) => [
  '/me',
  '/members',
  `/members/${mem}`,
  '/members?query=Ann',
  '/messages',
  '/transfers',
  '/reports/usage',
];

describe('the owners’ notes about a member', () => {
  it('are in no answer of any procedure to the member, and the owner sees them', async () => {
    const { team, member } = await scene();
    const answers = await answersOf(member.key, member);
    expect(Object.keys(answers).length).toBeGreaterThan(20);
    for (const [asked, answer] of Object.entries(answers)) expect(answer, asked).not.toMatch(SECRET);
    const { data } = await callProcedure(await sessionOf(team.ownerKey), 'getMemberRow', { memberId: member.mem });
    expect(data).toMatchObject({ externalId: EXTERNAL, metadata: { note: NOTE } });
  });

  it('are in no answer of the API to the member’s key, which has no empty field in their place', async () => {
    const { team, member } = await scene();
    for (const path of PATHS(member.mem)) expect((await as(member.key).get(path)).text, path).not.toMatch(SECRET);
    const { body } = await as(member.key).get(`/members/${member.mem}`);
    expect(body).toMatchObject({ id: member.mem, externalId: null, metadata: {} });
    const rotated = await as(member.key).post(`/members/${member.mem}/key/rotate`, { overlapSeconds: 60 });
    expect(rotated.body.member).toMatchObject({ externalId: null, metadata: {} });
    expect((await as(team.ownerKey).get(`/members/${member.mem}`)).body.externalId).toBe(EXTERNAL);
  });

  it('match no search of the member, who could guess them otherwise, and match for the owner', async () => {
    const { team, member } = await scene();
    const found = async (key: string, query: string) => (await as(key).get(`/members?${query}`)).body.data.length;
    for (const query of [`externalId=${EXTERNAL}`, 'query=blacklisted']) {
      expect([await found(member.key, query), await found(team.ownerKey, query)], query).toEqual([0, 1]);
    }
    expect(await found(member.key, 'query=Ann')).toBe(1);
    for (const id of ['browseMembers', 'pickMembers', 'listMembers']) {
      const total = async (key: string) =>
        (await callProcedure(await sessionOf(key), id, { query: 'blacklisted' })).data.data.length;
      expect([await total(member.key), await total(team.ownerKey)], id).toEqual([0, 1]);
    }
  });

  it('are in no file that the member exports, and in no export of their data; the role decides', async () => {
    const { team, member, user } = await scene();
    const file = async (key: string, query?: string) => {
      const pieces: unknown[] = [];
      for await (const piece of exportMembers(await ctxOf(key), await exportMembersInput.parseAsync({ query })))
        pieces.push(piece);
      return JSON.stringify(pieces, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
    };
    expect(await file(member.key)).toContain('Ann');
    expect(await file(member.key)).not.toMatch(SECRET);
    expect(await file(member.key, 'blacklisted')).not.toContain('Ann');
    expect(await file(team.ownerKey)).toMatch(SECRET);
    expect(JSON.stringify(await visitorContextOf(user).exportMe())).not.toMatch(SECRET);
    await as(team.ownerKey).post(`/members/${member.mem}/role`, { role: 'owner' });
    expect(JSON.stringify(await visitorContextOf(user).exportMe())).toMatch(SECRET);
    // An owner who steps down gets the responses of a member from now on.
    const session = await sessionOf(member.key);
    const context = { services: services(), actor: session, user, origin: HERE, requestId: newRequestId() };
    const caller = createCaller({ ...context, idempotencyKey: null });
    expect(JSON.stringify(await caller.members.setRole({ memberId: member.mem, role: 'member' }))).not.toMatch(SECRET);
  });
});
