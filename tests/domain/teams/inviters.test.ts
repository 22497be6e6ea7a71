import { describe, expect, it } from 'vitest';
import { makeContext, type Context } from '@/server/domain/core/context';
import { eraseByOperator } from '@/server/domain/privacy/erasure/write';
import { newRequestId, printId } from '@/server/domain/core/ids';
import { createInvitation, resendInvitation, revokeInvitation } from '@/server/domain/teams/invitations/write';
import {
  activateMember,
  deactivateMember,
  deleteMember,
  restoreMember,
  setRole,
  leaveTeam,
} from '@/server/domain/teams/members/write';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { findMembership } from '@/server/domain/identity/sessions/read';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { auditOf, useApi, whileMasterIsHeld } from '../../support/api-client';
import { visitor } from '../../support/visitors';
import { makeSignedInUser, addMembership } from '../../support/users';
import { HERE } from '../../support/procedures';
import { ctxOf, makeTeam, ownerPool, someAddress, type TestMember, type TestTeam } from '../../support/team';

const as = useApi();

type Scene = { team: TestTeam; user: SignedInUser; inviter: TestMember; ctx: Context };

/** Creates a team with two owners, one of whom invites. */
async function scene(): Promise<Scene> {
  const team = await makeTeam();
  const user = await makeSignedInUser();
  const inviter = await addMembership(user, team, { role: 'owner' });
  return { team, user, inviter, ctx: await ctxOf(inviter.key) };
}

const byPages = async ({ team, user }: Scene): Promise<Context> => {
  const { rows } = await ownerPool().query<{ slug: string }>('SELECT slug FROM teams WHERE id = $1', [team.teamId]);
  const place = await findMembership(services(), { sessionId: user.sessionId, slug: rows[0]!.slug, address: null });
  if (!place.ok) throw new Error(place.reason);
  return makeContext(services(), place.actor);
};

const inviteAs = (ctx: Context) => createInvitation(ctx, { email: someAddress(), role: 'owner' });
const tokenOf = ({ url }: { url: string | null }): string => url!.split('/').at(-1)!;

const joining = (user: SignedInUser | null = null) =>
  createCaller({
    services: services(),
    actor: null,
    user,
    origin: HERE,
    requestId: newRequestId(),
    idempotencyKey: null,
  }).joining;

const accept = (token: string): Promise<string> =>
  joining()
    .acceptInvitation({ token, name: 'Back Again', password: 'correct horse battery' })
    .then(
      () => 'joined',
      (error: unknown) => (error instanceof ProblemError ? error.problem.code : Promise.reject(error)),
    );

const shown = async (team: TestTeam, id: string) => {
  const { body } = await as(team.ownerKey).get(`/invitations/${printId('inv', id)}`);
  return { status: body.status, revokedReason: body.revokedReason, url: body.url };
};

const ENDS: [string, string, (scene: Scene) => Promise<unknown>][] = [
  ['is made a member', 'inviter_not_owner', ({ team, inviter }) => setRole(team.owner, roleOf(inviter))],
  ['steps down', 'inviter_not_owner', ({ ctx, inviter }) => setRole(ctx, roleOf(inviter))],
  [
    'is made a member by the operator',
    'inviter_not_owner',
    ({ team, inviter }) => setRole(team.operator, roleOf(inviter)),
  ],
  ['is deactivated', 'inviter_inactive', ({ team, inviter }) => deactivateMember(team.owner, inviter.id)],
  ['is deleted', 'inviter_deleted', ({ team, inviter }) => deleteMember(team.owner, inviter.id)],
  ['leaves', 'inviter_left', ({ team, user }) => leaveTeam({ ...visitor(), user }, { teamId: team.teamId })],
  ['is erased', 'inviter_left', ({ user }) => eraseByOperator(services(), user.email)],
];
const roleOf = ({ id }: TestMember) => ({ memberId: id, role: 'member' as const });

describe('an invitation whose inviter lost the right to invite', () => {
  it.each(ENDS)(
    'is revoked with the reason when its inviter %s, and can no longer be accepted',
    async (_, reason, end) => {
      const made = await scene();
      const { team, ctx } = made;
      const own = [await inviteAs(ctx), await inviteAs(await byPages(made))];
      const others = [await inviteAs(team.owner), await inviteAs(team.operator)];
      const declined = await inviteAs(ctx);
      await joining().declineInvitation({ token: tokenOf(declined) });
      await end(made);
      for (const { id } of own)
        expect(await shown(team, id)).toEqual({ status: 'revoked', revokedReason: reason, url: null });
      for (const { id } of others)
        expect(await shown(team, id)).toMatchObject({ status: 'pending', revokedReason: null });
      expect(await shown(team, declined.id)).toMatchObject({ status: 'declined', revokedReason: null });
      for (const one of own) {
        expect((await joining().readLink({ token: tokenOf(one) }))?.state).toBe('revoked');
        expect(await accept(tokenOf(one))).toBe('invitation_closed');
      }
      expect(await accept(tokenOf(others[0]!))).toBe('joined');
      const audited = (await auditOf(team)).filter(({ action }) => action === 'invitation.revoked');
      expect(audited.map(({ targetId, after }) => [targetId, after])).toEqual(
        own.map(({ id }) => [id, { status: 'revoked', reason }]),
      );
    },
  );

  it('stays revoked when the inviter is an owner again', async () => {
    const { team, inviter, ctx } = await scene();
    const one = await inviteAs(ctx);
    await deactivateMember(team.owner, inviter.id);
    await activateMember(team.owner, inviter.id);
    const two = await inviteAs(ctx);
    await deleteMember(team.owner, inviter.id);
    await restoreMember(team.owner, inviter.id);
    await setRole(team.owner, { memberId: inviter.id, role: 'owner' });
    for (const { id } of [one, two]) expect((await shown(team, id)).status).toBe('revoked');
    expect(await accept(tokenOf(two))).toBe('invitation_closed');
  });

  it('is refused and revoked by the acceptance itself, whatever was stored before', async () => {
    const { team, inviter, ctx } = await scene();
    const one = await inviteAs(ctx);
    await ownerPool().query(`UPDATE members SET role = 'member' WHERE id = $1`, [inviter.id]);
    expect((await joining().readLink({ token: tokenOf(one) }))?.state).toBe('revoked');
    expect(await accept(tokenOf(one))).toBe('invitation_closed');
    expect(await shown(team, one.id)).toEqual({ status: 'revoked', revokedReason: 'inviter_not_owner', url: null });
  });

  it('belongs to the other owner who sends it again after it expired', async () => {
    const { team, inviter, ctx } = await scene();
    const one = await inviteAs(ctx);
    await ownerPool().query("UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = $1", [one.id]);
    await setRole(team.owner, roleOf(inviter));
    expect(await shown(team, one.id)).toMatchObject({ status: 'expired', revokedReason: null });
    const again = await resendInvitation(team.owner, one.id);
    expect(again.invitedBy).toBe('First Owner');
    expect(await accept(tokenOf(again))).toBe('joined');
  });

  it('still belongs to its inviter when another owner sent it again before', async () => {
    const { team, inviter, ctx } = await scene();
    const one = await inviteAs(ctx);
    const again = await resendInvitation(team.owner, one.id);
    await setRole(team.owner, roleOf(inviter));
    expect(await accept(tokenOf(again))).toBe('invitation_closed');
  });

  it('is not among those that the inviter revoked', async () => {
    const { team, inviter, ctx } = await scene();
    const one = await inviteAs(ctx);
    await revokeInvitation(ctx, one.id);
    await setRole(team.owner, roleOf(inviter));
    expect(await shown(team, one.id)).toMatchObject({ status: 'revoked', revokedReason: 'by_owner' });
  });
});

describe('removing the inviter', () => {
  it('refuses an invitation that is created at the same moment, or finds and revokes it', async () => {
    for (let i = 0; i < 8; i += 1) {
      const { team, inviter, ctx } = await scene();
      const [made] = await Promise.allSettled([inviteAs(ctx), setRole(team.owner, roleOf(inviter))]);
      if (made.status === 'fulfilled') expect((await shown(team, made.value.id)).status).toBe('revoked');
      else expect(made.reason).toMatchObject({ code: 'owner_required' });
    }
  });

  it('comes before or after a concurrent acceptance, and neither waits for a deadlock', async () => {
    for (let i = 0; i < 8; i += 1) {
      const { team, inviter, ctx } = await scene();
      const one = await createInvitation(ctx, { email: someAddress(), role: 'owner', credit: 1_000_000n });
      // Both need the master's lock: the one that holds the invitation first gets it first.
      const both = await whileMasterIsHeld(team, async () => {
        const [demoted, joined] = [setRole(team.owner, roleOf(inviter)), accept(tokenOf(one))];
        return { demoted, joined };
      });
      await both.demoted;
      const joined = await both.joined;
      const { status } = await shown(team, one.id);
      expect([joined, status]).toEqual(joined === 'joined' ? ['joined', 'accepted'] : ['invitation_closed', 'revoked']);
    }
  });
});
