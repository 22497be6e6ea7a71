import { describe, expect, it } from 'vitest';
import { makeContext, type Context } from '@/server/domain/core/context';
import { asTeamId, newRequestId, printId } from '@/server/domain/core/ids';
import { createInvitation, openLink, resendInvitation } from '@/server/domain/teams/invitations/write';
import { creditMember, debitMember, fundTeam, reverseTransfer } from '@/server/domain/billing/ledger/write';
import { createMember, deleteMember, revealKey, rotateKey, setRole } from '@/server/domain/teams/members/write';
import type { UserContext } from '@/server/domain/core/user-context';
import { findMembership } from '@/server/domain/identity/sessions/read';
import { reauthenticate } from '@/server/domain/identity/sessions/write';
import { updateSettings } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { enableTwoFactorFor, signInAs, makeOwnerWithPassword, PASSWORD } from '../../support/visitors';
import { HERE, listProcedures } from '../../support/procedures';
import { addMember, ctxOf, giveSignIn, micros, ownerPool, someAddress, type TestTeam } from '../../support/team';
import { resetMemberPassword } from '@/server/domain/teams/member-sign-in/write';

const REQUIRED = { code: 'confirmation_required' };

/** Creates a team with money that requires reauthentication, and its owner's session, last confirmed 11 minutes ago. */
async function makeAsking(above: string | null = '5.00'): Promise<Asking> {
  const { email, teamId, slug } = await makeOwnerWithPassword();
  const operator = makeContext(services(), {
    type: 'operator',
    teamId: asTeamId(teamId),
    currency: 'USD',
    name: 'Operator',
    channel: 'cli',
  });
  await fundTeam(operator, { amount: micros('100') });
  await ownerPool().query('UPDATE teams SET require_reauthentication = true, reauthenticate_above = $2 WHERE id = $1', [
    teamId,
    above === null ? null : micros(above),
  ]);
  const user = await signInAs(email);
  await age(user);
  const member = await addMember({ operator } as TestTeam, { credit: '50' });
  const made = new Map<string, Promise<string>>();
  const asking: Asking = {
    user,
    slug,
    operator,
    teamId,
    memberId: member.id,
    invited: (guarded) => {
      if (!made.has(guarded)) made.set(guarded, invite(asking, guarded));
      return made.get(guarded)!;
    },
  };
  return asking;
}

const age = (user: UserContext) =>
  ownerPool().query(`UPDATE sessions SET confirmed_at = now() - interval '11 min' WHERE id = $1`, [
    user.user.sessionId,
  ]);

/** Makes the context of a user's member as it is now. */
async function inTeam(user: UserContext, slug: string): Promise<Context> {
  const place = await findMembership(services(), { sessionId: user.user.sessionId, slug, address: null });
  if (!place.ok) throw new Error(place.reason);
  return makeContext(services(), place.actor);
}

const balanceOf = async (memberId: string) =>
  (await ownerPool().query<{ balance: string }>('SELECT balance FROM ledger_accounts WHERE id = $1', [memberId]))
    .rows[0]!.balance;

/** Creates an open invitation as the operator, who never needs reauthentication; `guarded` names what it hands over. */
async function invite({ operator, memberId }: Asking, guarded: 'owner' | 'claim' | 'none'): Promise<string> {
  const more = guarded === 'owner' ? { role: 'owner' as const } : guarded === 'claim' ? { memberId } : {};
  return (await createInvitation(operator, { email: someAddress(), ...more })).id;
}
type Asking = {
  user: UserContext;
  slug: string;
  operator: Context;
  teamId: string;
  memberId: string;
  /** Creates an open invitation, once per kind. */
  invited: (guarded: 'owner' | 'claim') => Promise<string>;
};

const ACTS: [string, (ctx: Context, memberId: string, asking: Asking) => Promise<unknown>][] = [
  ['a key is revealed', revealKey],
  ['changing a role', (ctx, memberId) => setRole(ctx, { memberId, role: 'owner' })],
  ['deleting a member', deleteMember],
  ['rotating a key, which shows the new one', (ctx, memberId) => rotateKey(ctx, { memberId, overlapSeconds: 0 })],
  [
    'resetting the password of a member, which shows the new one',
    async (ctx, memberId) => {
      await ownerPool().query('UPDATE members SET user_id = NULL WHERE id = $1', [memberId]);
      await giveSignIn(memberId);
      return resetMemberPassword(ctx, memberId);
    },
  ],
  ['creating an owner', (ctx) => createMember(ctx, { role: 'owner' })],
  ['inviting an owner', (ctx) => createInvitation(ctx, { email: someAddress(), role: 'owner' })],
  [
    'inviting a user to claim a member with its key',
    (ctx, memberId) => createInvitation(ctx, { email: someAddress(), memberId }),
  ],
  ...(['owner', 'claim'] as const).flatMap((guarded): typeof ACTS => [
    [
      `sending an invitation again (${guarded})`,
      async (ctx, _, at) => resendInvitation(ctx, await at.invited(guarded)),
    ],
    [`showing an invitation link (${guarded})`, async (ctx, _, at) => openLink(ctx, await at.invited(guarded))],
    [
      `sending an expired invitation again (${guarded})`,
      async (ctx, _, at) => {
        const id = await at.invited(guarded);
        await ownerPool().query("UPDATE invitations SET expires_at = now() - interval '1 second' WHERE id = $1", [id]);
        return resendInvitation(ctx, id);
      },
    ],
  ]),
  ['switching reauthentication off', (ctx) => updateSettings(ctx, { requireReauthentication: false })],
  ['removing the amount for debits', (ctx) => updateSettings(ctx, { reauthenticateAbove: null })],
  ['a debit above the amount', (ctx, memberId) => debitMember(ctx, { memberId, amount: micros('5.01') })],
  ['a debit of the whole balance above the amount', (ctx, memberId) => debitMember(ctx, { memberId, amount: 'all' })],
];

describe('a team that requires reauthentication', () => {
  it.each(ACTS)(
    'requires it before %s, which changes nothing until the user has confirmed their identity',
    async (name, act) => {
      const asking = await makeAsking();
      const { user, slug, memberId, teamId } = asking;
      await Promise.all([
        asking.invited('owner'),
        ...(name.startsWith('inviting a user to claim') ? [] : [asking.invited('claim')]),
      ]);
      const rows = async () =>
        (await ownerPool().query('SELECT count(*)::int AS n FROM audit_events WHERE team_id = $1', [teamId])).rows[0].n;
      const before = [await balanceOf(memberId), await rows()];
      await expect(act(await inTeam(user, slug), memberId, asking)).rejects.toMatchObject(REQUIRED);
      expect([await balanceOf(memberId), await rows()]).toEqual(before);
      await expect(reauthenticate(user, { password: 'wrong' })).rejects.toMatchObject({ code: 'invalid_request' });
      await expect(act(await inTeam(user, slug), memberId, asking)).rejects.toMatchObject(REQUIRED);
      await reauthenticate(user, { password: PASSWORD });
      await act(await inTeam(user, slug), memberId, asking);
      expect(await rows()).toBeGreaterThan(before[1]);
    },
  );

  it('requires it for reversing a credit by a debit', async () => {
    const { user, slug, memberId } = await makeAsking();
    const { transfer } = await creditMember(await inTeam(user, slug), { memberId, amount: micros('6') });
    const back = reverseTransfer(await inTeam(user, slug), { transferId: transfer.id! });
    await expect(back).rejects.toMatchObject(REQUIRED);
  });

  it('does not require it for a credit, a small debit or a dry run, nor for any debit where no amount is set', async () => {
    const { user, slug, memberId } = await makeAsking();
    const ctx = await inTeam(user, slug);
    await creditMember(ctx, { memberId, amount: micros('20') });
    await createMember(ctx, { role: 'member' });
    await createInvitation(ctx, { email: someAddress() });
    await updateSettings(ctx, { memberLowBalance: micros('1') });
    await debitMember(ctx, { memberId, amount: micros('5') });
    await debitMember(ctx, { memberId, amount: micros('20'), dryRun: true });
    const other = await makeAsking(null);
    await debitMember(await inTeam(other.user, other.slug), { memberId: other.memberId, amount: micros('40') });
  });

  it('never requires it from an API key or the operator', async () => {
    const { operator, teamId, memberId } = await makeAsking('0.00');
    const owner = (
      await ownerPool().query<{ id: string }>(`SELECT id FROM members WHERE team_id = $1 AND role = 'owner'`, [teamId])
    ).rows[0]!.id;
    const { secrets } = await rotateKey(operator, { memberId: owner, overlapSeconds: 0 });
    const byKey = await ctxOf(secrets.apiKey);
    await revealKey(byKey, memberId);
    await debitMember(byKey, { memberId, amount: micros('10') });
    await setRole(operator, { memberId, role: 'owner' });
  });

  it('accepts a code of the authenticator app once, and none of another user', async () => {
    const { user, slug, memberId } = await makeAsking();
    const { codeAt } = await enableTwoFactorFor(user);
    await expect(reauthenticate(user, { code: '000000' })).rejects.toMatchObject({ code: 'invalid_request' });
    await reauthenticate(user, { code: codeAt(0) });
    await revealKey(await inTeam(user, slug), memberId);
    await expect(reauthenticate(user, { code: codeAt(0) })).rejects.toMatchObject({ code: 'invalid_request' });
  });

  it('accepts a confirmation for the browser in which it happened only', async () => {
    const { user, slug, memberId } = await makeAsking();
    const other = await signInAs(user.user.email);
    await age(other);
    await reauthenticate(user, { password: PASSWORD });
    await expect(revealKey(await inTeam(other, slug), memberId)).rejects.toMatchObject(REQUIRED);
  });

  it('is not required in teams without the setting', async () => {
    const { user, slug, memberId, teamId } = await makeAsking();
    await ownerPool().query('UPDATE teams SET require_reauthentication = false WHERE id = $1', [teamId]);
    await revealKey(await inTeam(user, slug), memberId);
  });
});

/** The input of each procedure about an invitation; a new procedure fails until it has a row here. */
const SHOWING: Record<string, (inv: string) => object> = {
  listInvitations: () => ({}),
  browseInvitations: () => ({}),
  getInvitation: (invitationId) => ({ invitationId }),
  openLink: (invitationId) => ({ invitationId }),
  resendInvitation: (invitationId) => ({ invitationId }),
  revokeInvitation: (invitationId) => ({ invitationId }),
  createInvitation: () => ({ email: someAddress() }),
};
/** The procedures whose answers name one invitation, which may be guarded. */
const ABOUT_ONE = ['openLink', 'resendInvitation'];

describe('a link that hands over the owner role or a key', () => {
  const call = async ({ user, slug }: Asking, id: string, input: object): Promise<string> => {
    const { actor } = await inTeam(user, slug);
    const context = { services: services(), user: user.user, origin: HERE, requestId: newRequestId() };
    const caller = createCaller({ ...context, actor: actor as never, idempotencyKey: null }).invitations;
    return JSON.stringify(
      await (caller[id as keyof typeof caller] as unknown as (input: object) => Promise<unknown>)(input).catch(
        (error: Error) => error.message,
      ),
    );
  };

  it('has a row for every procedure of invitations', () => {
    const all = listProcedures().filter(({ noun }) => noun === 'invitations');
    expect(Object.keys(SHOWING).toSorted()).toEqual(all.map(({ id }) => id).toSorted());
  });

  it.each(Object.keys(SHOWING).flatMap((id) => (['owner', 'claim'] as const).map((guarded) => ({ id, guarded }))))(
    'is in no answer of $id before the user has confirmed their identity ($guarded)',
    async ({ id, guarded }) => {
      const asking = await makeAsking();
      const inv = printId('inv', await asking.invited(guarded));
      const links = (text: string) => [...text.matchAll(/\/invite\/(inv_[0-9a-z]{26})/g)].map(([, of]) => of);
      expect(links(await call(asking, id, SHOWING[id]!(inv)))).not.toContain(inv);
      await reauthenticate(asking.user, { password: PASSWORD });
      const shows = links(await call(asking, id, SHOWING[id]!(inv)));
      // A procedure that neither reads nor leaves an open invitation never shows the link.
      const isShown = ABOUT_ONE.includes(id) || /^(list|browse|get)/.test(id);
      expect(shows.includes(inv)).toBe(isShown);
    },
  );

  it('is shown at once for a plain member, in a team without reauthentication, and to an API key', async () => {
    const asking = await makeAsking();
    const plain = printId('inv', await invite(asking, 'none'));
    expect(await call(asking, 'getInvitation', { invitationId: plain })).toContain('/invite/');
    const owner = printId('inv', await asking.invited('owner'));
    await ownerPool().query('UPDATE teams SET require_reauthentication = false WHERE id = $1', [asking.teamId]);
    expect(await call(asking, 'getInvitation', { invitationId: owner })).toContain('/invite/');
  });
});
