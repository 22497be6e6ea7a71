import { describe, expect, it } from 'vitest';
import { newRequestId, newUuid7, printId } from '@/server/domain/core/ids';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { HERE, listUserProcedures, sessionOf } from '../support/procedures';
import { enableTwoFactorFor, signInAs, isLive, makeOwnerWithPassword, PASSWORD } from '../support/visitors';
import { makeTeam, ownerPool, type TestTeam } from '../support/team';

const call = (user: SignedInUser | null, actor: Awaited<ReturnType<typeof sessionOf>> | null = null) =>
  createCaller({ services: services(), actor, user, origin: HERE, requestId: newRequestId(), idempotencyKey: null })
    .account;

const byName = (user: SignedInUser | null, id: string, input: unknown): Promise<unknown> =>
  (call(user) as unknown as Record<string, (input: unknown) => Promise<unknown>>)[id]!(input);

/** Each procedure with an input. */
const ASKED: Record<string, unknown> = {
  listMemberships: undefined,
  getProfile: undefined,
  renameUser: { name: 'Somebody' },
  changePassword: { current: PASSWORD, password: 'another horse, another battery' },
  startTwoFactor: { password: PASSWORD },
  confirmTwoFactor: { code: '123456' },
  renewRecoveryCodes: { password: PASSWORD },
  endTwoFactor: { password: PASSWORD },
  listSessions: undefined,
  endSession: { sessionId: printId('ses', newUuid7()) },
  endAllSessions: undefined,
  confirm: { password: PASSWORD },
  leaveTeam: { teamId: printId('team', newUuid7()) },
  exportMe: undefined,
  eraseMe: { password: PASSWORD },
  listAlerts: undefined,
  setAlerts: { memberId: printId('mem', newUuid7()), kind: 'team-balance', on: true },
};

async function ownerOf(team: TestTeam): Promise<SignedInUser> {
  const { rows } = await ownerPool().query<SignedInUser>(
    `SELECT u.id AS "userId", u.name, u.email FROM users u JOIN members m ON m.user_id = u.id WHERE m.team_id = $1 AND m.id = $2`,
    [team.teamId, team.ownerId],
  );
  return { ...rows[0]!, sessionId: newUuid7() };
}

describe('the procedures of a user', () => {
  it('are these, and no others', () => {
    expect(
      listUserProcedures()
        .map(({ id }) => id)
        .toSorted(),
    ).toEqual(Object.keys(ASKED).toSorted());
  });

  it.each(Object.entries(ASKED))('refuse a visitor: %s', async (id, input) => {
    const answer = await byName(null, id, input).catch((error: unknown) => error);
    expect(answer).toBeInstanceOf(ProblemError);
    expect(answer).toMatchObject({ problem: { code: 'missing_key', detail: 'Sign in first.' } });
  });

  it('answer another user’s session like an unknown one, which goes on', async () => {
    const [one, other] = [await makeOwnerWithPassword(), await makeOwnerWithPassword()];
    const [here, his] = [await signInAs(one.email), await signInAs(other.email)];
    const answers = [];
    for (const sessionId of [printId('ses', his.user.sessionId), printId('ses', newUuid7()), 'ses_nonsense', '']) {
      const error = (await byName(here.user, 'endSession', { sessionId }).catch((one: unknown) => one)) as ProblemError;
      const { requestId, detail, errors, ...problem } = error.problem;
      expect([requestId.slice(0, 4), typeof detail, errors]).toEqual(['req_', 'string', errors]);
      answers.push(problem);
    }
    expect(new Set(answers.map(({ code }) => code))).toEqual(new Set(['not_found']));
    expect(answers[0]).toEqual(answers[1]);
    expect(await isLive(his)).toBe(true);
    const mine = await call(here.user).listSessions();
    expect(mine.map(({ id }) => id)).toEqual([printId('ses', here.user.sessionId)]);
    expect(JSON.stringify(mine)).not.toContain(his.user.sessionId);
  });

  it('show neither the hash, nor the secret, nor the digests', async () => {
    const { email } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    await enableTwoFactorFor(here);
    expect(Object.keys(await call(here.user).getProfile()).toSorted()).toEqual([
      'email',
      'isProven',
      'name',
      'recoveryCodesLeft',
      'twoFactorSince',
    ]);
  });

  it('name the invalid field: a common password, a short one, a deceptive name', async () => {
    const here = await signInAs((await makeOwnerWithPassword()).email);
    const current = PASSWORD;
    for (const [id, input, pointer] of [
      ['changePassword', { current, password: 'password1234' }, '/password'],
      ['changePassword', { current, password: 'short' }, '/password'],
      ['changePassword', { current: 'wrong', password: 'long enough to be one' }, '/current'],
      ['renameUser', { name: 'a\u202Eb' }, '/name'],
      ['startTwoFactor', { password: 'wrong' }, '/password'],
      ['confirmTwoFactor', { code: '123456' }, '/code'],
      ['confirm', { code: '123456' }, '/code'],
    ] as const) {
      const error = (await byName(here.user, id, input).catch((one: unknown) => one)) as ProblemError;
      expect([id, error.problem.code, error.problem.errors?.[0]?.pointer]).toEqual([id, 'invalid_request', pointer]);
    }
  });

  it('show only the user’s own data, whatever team the page shows', async () => {
    const [one, other] = [await makeTeam({ name: 'One' }), await makeTeam({ name: 'Other' })];
    const members = await call(await ownerOf(one), await sessionOf(other.ownerKey)).listMemberships();
    expect(members).toEqual([
      {
        team: { id: one.id, name: 'One', slug: expect.stringMatching(/^one/), currency: 'USD', status: 'active' },
        member: { id: expect.stringMatching(/^mem_/), name: 'First Owner', role: 'owner', status: 'active' },
        canTakeBack: false,
      },
    ]);
    expect(await call({ ...(await ownerOf(one)), userId: newUuid7() }).listMemberships()).toEqual([]);
  });
});
