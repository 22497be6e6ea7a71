import { describe, expect, it } from 'vitest';
import type { ErrorCode } from '@/server/domain/core/errors';
import { deactivateMember, revealKey, setRole } from '@/server/domain/teams/members/write';
import { findMembership } from '@/server/domain/identity/sessions/read';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { balancesOf, expectProblem, rowsOf, useApi } from '../../support/api-client';
import { visitorContextOf, makeSignedInUser, addMembership, setUserOfMember } from '../../support/users';
import { addMember, ctxOf, makeTeam, ownerPool, type TestTeam } from '../../support/team';
import { openChangeListener } from '../../support/change-events';

const as = useApi();
const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };

const codeOf = (asked: Promise<unknown>): Promise<ErrorCode | null> =>
  asked.then(
    () => null,
    (error: unknown) => {
      if (error instanceof ProblemError) return error.problem.code;
      throw error;
    },
  );

const memberRow = async (team: TestTeam, id: string) =>
  (await ownerPool().query('SELECT * FROM members WHERE team_id = $1 AND id = $2', [team.teamId, id])).rows[0] as {
    user_id: string | null;
    role: string;
    status: string;
    email: string;
  };

const slugOf = async ({ teamId }: TestTeam): Promise<string> =>
  (await ownerPool().query<{ slug: string }>('SELECT slug FROM teams WHERE id = $1', [teamId])).rows[0]!.slug;

describe('leaving a team', () => {
  it('takes effect at once; money, log and rule stay, and the member has a new key that nobody has seen', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const ann = await makeSignedInUser();
    const [left, kept] = [await addMembership(ann, team, { credit: '5' }), await addMembership(ann, other)];
    await as(left.key).post('/messages', message);
    const before = await balancesOf(team);
    const memberships = await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    expect(memberships.map(({ member }) => member.id)).toEqual([kept.mem]);
    const place = await findMembership(services(), {
      sessionId: ann.sessionId,
      slug: await slugOf(team),
      address: null,
    });
    expect(place).toMatchObject({ ok: false, reason: 'none' });
    expectProblem(await as(left.key).get('/me'), 'invalid_key');
    expect(await balancesOf(team)).toEqual(before);
    expect((await as(team.ownerKey).get(`/messages?memberId=${left.mem}`)).body.data).toHaveLength(1);
    const { body } = await as(team.ownerKey).get(`/members/${left.mem}`);
    expect(body).toMatchObject({ status: 'active', role: 'member', email: ann.email, balance: '4.99' });
    const { apiKey } = await revealKey(team.owner, left.id);
    expect(apiKey).not.toBe(left.key);
    expect((await as(apiKey).get('/me')).body.member.id).toBe(left.mem);
  });

  it('writes an audit event by the user', async () => {
    const team = await makeTeam();
    const ann = await makeSignedInUser();
    const { mem } = await addMembership(ann, team, { role: 'owner' });
    await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    const { data } = (await as(team.ownerKey).get('/audit-events?action=member.left')).body;
    expect(data).toMatchObject([
      {
        actor: { type: 'user', name: ann.name },
        channel: 'web',
        address: '192.0.2.1',
        targetId: mem,
        before: { name: ann.name, role: 'owner' },
        after: { role: 'member' },
      },
    ]);
  });

  it('changes nothing and answers the same when repeated, or for a team that was never theirs', async () => {
    const [team, stranger] = [await makeTeam(), await makeTeam()];
    const ann = await makeSignedInUser();
    await addMembership(ann, team);
    const first = await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    const before = [await rowsOf(team), await rowsOf(stranger)];
    expect(await visitorContextOf(ann).leaveTeam({ teamId: team.id })).toEqual(first);
    expect(await visitorContextOf(ann).leaveTeam({ teamId: stranger.id })).toEqual(first);
    expect([await rowsOf(team), await rowsOf(stranger)]).toEqual(before);
  });

  it('works for a deactivated member too, and requires a session', async () => {
    const team = await makeTeam();
    const ann = await makeSignedInUser();
    const { id } = await addMembership(ann, team);
    await deactivateMember(team.operator, id);
    expect(await visitorContextOf(ann).leaveTeam({ teamId: team.id })).toEqual([]);
    expect(await memberRow(team, id)).toMatchObject({ user_id: null, status: 'inactive' });
    expect(await codeOf(visitorContextOf(null).leaveTeam({ teamId: team.id }))).toBe('missing_key');
  });

  it('is published: the member, and for an owner that the team may have none', async () => {
    const team = await makeTeam();
    const [ann, ben] = [await makeSignedInUser(), await makeSignedInUser('Ben')];
    const [owner, member] = [await addMembership(ann, team, { role: 'owner' }), await addMembership(ben, team)];
    const listener = await openChangeListener();
    await listener.received();
    await visitorContextOf(ben).leaveTeam({ teamId: team.id });
    expect(await listener.receivedOf(team.teamId)).toEqual({ members: [member.id] });
    await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    expect(await listener.receivedOf(team.teamId)).toEqual({ members: [owner.id], team: null });
    await listener.close();
  });

  it('is refused in a suspended team', async () => {
    const team = await makeTeam();
    const ann = await makeSignedInUser();
    await addMembership(ann, team);
    await ownerPool().query("UPDATE teams SET status = 'suspended' WHERE id = $1", [team.teamId]);
    expect(await codeOf(visitorContextOf(ann).leaveTeam({ teamId: team.id }))).toBe('team_suspended');
  });

  it('lets another user take the member: the data of the previous one is not touched', async () => {
    const team = await makeTeam();
    const [ann, ben] = [await makeSignedInUser(), await makeSignedInUser('Ben')];
    const { id } = await addMembership(ann, team);
    await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    await setUserOfMember(ben, team, id);
    await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    expect((await memberRow(team, id)).user_id).toBe(ben.userId);
  });
});

describe('the last active owner', () => {
  async function owned(): Promise<{ team: TestTeam; ann: Awaited<ReturnType<typeof makeSignedInUser>>; id: string }> {
    const team = await makeTeam();
    const ann = await makeSignedInUser();
    await setUserOfMember(ann, team, team.ownerId);
    return { team, ann, id: team.ownerId };
  }

  it('cannot leave, whatever other members there are', async () => {
    const { team, ann, id } = await owned();
    await addMember(team);
    const idle = await addMember(team, { role: 'owner' });
    await deactivateMember(team.operator, idle.id);
    const before = await rowsOf(team);
    expect(await codeOf(visitorContextOf(ann).leaveTeam({ teamId: team.id }))).toBe('last_owner');
    expect(await rowsOf(team)).toEqual(before);
    expect((await as(team.ownerKey).get('/me')).status).toBe(200);
    expect((await memberRow(team, id)).user_id).toBe(ann.userId);
  });

  it('cannot leave after stepping down while they could take the role back, until the team has another owner', async () => {
    const { team, ann, id } = await owned();
    await setRole(await ctxOf(team.ownerKey), { memberId: id, role: 'member' });
    expect(await codeOf(visitorContextOf(ann).leaveTeam({ teamId: team.id }))).toBe('last_owner');
    const next = await addMember(team);
    await setRole(team.operator, { memberId: next.id, role: 'owner' });
    expect(await visitorContextOf(ann).leaveTeam({ teamId: team.id })).toEqual([]);
  });

  it('stays when two owners leave one after the other: a member that was left is no owner', async () => {
    const { team, ann } = await owned();
    const ben = await makeSignedInUser('Ben');
    const { id } = await addMembership(ben, team, { role: 'owner' });
    await visitorContextOf(ben).leaveTeam({ teamId: team.id });
    expect((await memberRow(team, id)).role).toBe('member');
    expect(await codeOf(visitorContextOf(ann).leaveTeam({ teamId: team.id }))).toBe('last_owner');
  });

  it.each(Array.from({ length: 5 }, (_, i) => i))('stays when all three leave at once (%s)', async () => {
    const { team, ann } = await owned();
    const others = [await makeSignedInUser('Ben'), await makeSignedInUser('Cid')];
    for (const one of others) await addMembership(one, team, { role: 'owner' });
    const codes = await Promise.all(
      [ann, ...others].map((one) => codeOf(visitorContextOf(one).leaveTeam({ teamId: team.id }))),
    );
    expect(codes.filter((code) => code === null)).toHaveLength(2);
    expect(codes.filter((code) => code === 'last_owner')).toHaveLength(1);
  });

  it('stays when one leaves while the other is deactivated', async () => {
    const { team, ann } = await owned();
    const ben = await makeSignedInUser('Ben');
    const { id } = await addMembership(ben, team, { role: 'owner' });
    const outcomes = await Promise.all([
      codeOf(visitorContextOf(ann).leaveTeam({ teamId: team.id })),
      deactivateMember(team.operator, id).then(
        () => null,
        (error: { code: string }) => error.code,
      ),
    ]);
    expect(new Set(outcomes)).toEqual(new Set(['last_owner', null]));
  });
});
