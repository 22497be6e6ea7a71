import { describe, expect, it } from 'vitest';
import { signIn } from '@/server/domain/identity/sessions/write';
import { findSignedInUser } from '@/server/domain/identity/sessions/read';
import { services } from '@/server/http/services';
import { auditOf, expectProblem, useApi } from '../support/api-client';
import { visitor } from '../support/visitors';
import { makeSignedInUser, addMembership, setUserOfMember } from '../support/users';
import { callProcedure, sessionOf } from '../support/procedures';
import { addMember, giveSignIn, makeTeam, ownerPool } from '../support/team';

const as = useApi();

const enter = (email: string, password: string) => signIn(services(), { email, password }, visitor().origin);

describe('resetting the password of a member', () => {
  it('gives a generated sign-in a new password, once, and ends the user’s sessions', async () => {
    const team = await makeTeam();
    const owner = as(team.ownerKey);
    const { body: made } = await owner.post('/members', { name: 'Till', generatePassword: true });
    const { id, email } = made.member;
    // The sign-in address differs from the contact address.
    await owner.patch(`/members/${id}`, { email: 'till@example.test' });
    const before = await enter(email, made.secrets.password);
    if (!before.ok) throw new Error(before.reason);
    const reset = await owner.post(`/members/${id}/password/reset`);
    expect([reset.status, reset.body]).toEqual([
      201,
      {
        member: expect.objectContaining({ id, email: 'till@example.test' }),
        email,
        secrets: { password: expect.stringMatching(/^(\w{5}-){3}\w{5}$/) },
      },
    ]);
    expect(await findSignedInUser(services(), before.user.sessionId)).toBeNull();
    expect(await enter(email, made.secrets.password)).toMatchObject({ ok: false });
    expect(await enter(email, reset.body.secrets.password)).toMatchObject({ ok: true });
    const last = (await auditOf(team)).at(-1)!;
    expect(last).toMatchObject({ action: 'member.password_given', actorName: 'First Owner' });
    expect(JSON.stringify(last)).not.toContain(reset.body.secrets.password);
  });

  it('is refused for a user with an address or another team of their own, without a user, and for a deleted member', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const owner = as(team.ownerKey);
    const path = (mem: string) => `/members/${mem}/password/reset`;
    const real = await addMembership(await makeSignedInUser(), team);
    expect(expectProblem(await owner.post(path(real.mem)), 'not_found').detail).toMatch(/address of their own/);
    const keyOnly = await addMember(team);
    expect(expectProblem(await owner.post(path(keyOnly.mem)), 'not_found').detail).toMatch(/only an API key/);
    const shared = await addMember(team);
    await giveSignIn(shared.id);
    const { rows } = await ownerPool().query('SELECT user_id FROM members WHERE id = $1', [shared.id]);
    const elsewhere = await addMember(other);
    await setUserOfMember({ userId: rows[0].user_id } as never, other, elsewhere.id);
    expectProblem(await owner.post(path(shared.mem)), 'not_found');
    const session = await sessionOf(team.ownerKey);
    const shown = async (mem: string) =>
      (await callProcedure(session, 'getMemberRow', { memberId: mem })).data.hasGeneratedSignIn;
    expect(await Promise.all([real, keyOnly, shared].map(({ mem }) => shown(mem)))).toEqual([false, false, false]);
    // The user belongs to this team alone once the other team has deleted the member.
    await as(other.ownerKey).delete(`/members/${elsewhere.mem}`);
    expect(await shown(shared.mem)).toBe(true);
    expect((await owner.post(path(shared.mem))).status).toBe(201);
    await owner.delete(`/members/${shared.mem}`);
    expectProblem(await owner.post(path(shared.mem)), 'member_deleted');
  });
});
