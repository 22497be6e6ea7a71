import { makeContext } from '@/server/domain/core/context';
import { type ErrorCode } from '@/server/domain/core/errors';
import { newRequestId, printId } from '@/server/domain/core/ids';
import { printToken, readToken } from '@/server/domain/teams/invitations/rules';
import { createInvitationInput, type Invitation } from '@/server/domain/teams/invitations/schema';
import { createInvitation, resendInvitation, revokeInvitation } from '@/server/domain/teams/invitations/write';
import { fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { createMember, deactivateMember, deleteMember, setRole } from '@/server/domain/teams/members/write';
import { type SignedInUser } from '@/server/domain/core/user-context';
import { findSignedInUser, findMembership } from '@/server/domain/identity/sessions/read';
import { signIn } from '@/server/domain/identity/sessions/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { describe, expect, it, vi } from 'vitest';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { auditOf, rowsOf } from '../../support/api-client';
import { HERE } from '../../support/procedures';
import { addMember, ctxOf, makeTeam, micros, ownerPool, someAddress, type TestTeam } from '../../support/team';

// Hashed at the least cost: what is raced against 130 ms of hashing always comes first.
vi.mock('@node-rs/argon2', async (original) => {
  const real = await original<typeof import('@node-rs/argon2')>();
  const hash: typeof real.hash = (password) => real.hash(password, { memoryCost: 8, timeCost: 1, parallelism: 1 });
  return { ...real, hash };
});

const PASSWORD = 'correct horse battery';
const OTHER = 'another long password';
const mailing = () => ({ ...services(), mail: 'smtp' as const });

/** Calls the procedures of a link, for a signed-in user or for a visitor. */
const asVisitor = (user: SignedInUser | null = null) =>
  createCaller({
    services: mailing(),
    actor: null,
    user,
    origin: HERE,
    requestId: newRequestId(),
    idempotencyKey: null,
  }).joining;

async function invite(team: TestTeam, given: object = {}): Promise<Invitation & { mailed: string; copied: string }> {
  const input = await createInvitationInput.parseAsync({ email: someAddress(), ...given });
  const made = await createInvitation({ ...team.owner, ...mailing() }, input);
  return { ...made, ...linksOf(made) };
}

function linksOf({ url }: Pick<Invitation, 'url'>): { mailed: string; copied: string } {
  const copied = url!.split('/').at(-1)!;
  return { copied, mailed: printToken(services().vault, { ...readToken(services().vault, copied)!, way: 'mailed' }) };
}

async function codeOf(work: Promise<unknown>): Promise<ErrorCode | 'ok'> {
  return work.then(
    () => 'ok',
    (error: unknown) => (error instanceof ProblemError ? error.problem.code : Promise.reject(error)),
  );
}

async function signedIn(email: string, password = PASSWORD): Promise<SignedInUser> {
  const result = await signIn(services(), { email, password }, HERE);
  if (!result.ok) throw new Error(result.reason);
  return result.user;
}

/**
 * Creates a user with a member in a team of their own; `proven` says whether their address was verified by an emailed
 * link.
 */
async function user(
  way: 'mailed' | 'copied' = 'mailed',
): Promise<{ email: string; user: SignedInUser; team: TestTeam }> {
  const team = await makeTeam();
  const invited = await invite(team);
  await asVisitor().acceptInvitation({ token: invited[way], name: 'Somebody', password: PASSWORD });
  return { email: invited.email, user: await signedIn(invited.email), team };
}

type MemberRow = {
  id: string;
  name: string;
  email: string;
  role: string;
  user: string | null;
  balance: string;
  proven: boolean;
};

async function membersOf({ teamId }: TestTeam): Promise<MemberRow[]> {
  const { rows } = await ownerPool().query<MemberRow>(
    `SELECT m.id, m.name, m.email, m.role, u.email AS "user", a.balance, u.email_proven_at IS NOT NULL AS proven
     FROM members m LEFT JOIN users u ON u.id = m.user_id JOIN ledger_accounts a ON a.team_id = m.team_id AND a.id = m.id
     WHERE m.team_id = $1 AND m.status <> 'deleted' ORDER BY m.id`,
    [teamId],
  );
  return rows;
}

const statusOf = async (team: TestTeam, id: string): Promise<string> =>
  (
    await ownerPool().query<{ status: string }>('SELECT status FROM invitations WHERE team_id = $1 AND id = $2', [
      team.teamId,
      id,
    ])
  ).rows[0]!.status;

const mailsTo = async (address: string): Promise<{ kind: string; facts: object }[]> =>
  (
    await ownerPool().query<{ kind: string; facts: object }>(
      'SELECT kind, facts FROM mails WHERE address = $1 ORDER BY id',
      [address],
    )
  ).rows;

const runOut = ({ teamId }: TestTeam) =>
  ownerPool().query("UPDATE invitations SET expires_at = now() - interval '1 second' WHERE team_id = $1", [teamId]);

describe('an invitation link', () => {
  it('shows the invitation to everybody who has the link, and changes nothing however often it is opened', async () => {
    const team = await makeTeam({ name: 'Acme' });
    const { copied, mailed, email } = await invite(team, { name: 'Jo', role: 'owner', credit: '12.5' });
    const before = await rowsOf(team);
    for (const token of [copied, mailed, copied, mailed]) {
      expect(await asVisitor().readLink({ token })).toEqual({
        state: 'open',
        as: token === mailed ? 'new' : 'new-or-sign-in',
        team: { name: 'Acme', slug: null },
        invitedBy: 'First Owner',
        email,
        name: 'Jo',
        role: 'owner',
        claims: null,
        credit: '12.50',
        currency: 'USD',
        expiresAt: expect.any(String),
        requested: false,
      });
    }
    expect(await rowsOf(team)).toEqual(before);
  });

  it('shows a visitor of a copied link nothing about the address’s user, neither by its content nor by an incomplete request', async () => {
    const team = await makeTeam();
    const [known, impostor, member] = [await user(), await user('copied'), await user()];
    const copies: string[] = [];
    for (const email of [someAddress(), known.email, impostor.email, member.email]) {
      copies.push((await invite(team, { email, name: 'Jo', credit: '1' })).copied);
    }
    // The last user has joined the team by now, by another way than this invitation.
    const { rows } = await ownerPool().query('SELECT id FROM users WHERE email = $1', [member.email]);
    const { id } = await addMember(team);
    await ownerPool().query('UPDATE members SET user_id = $1 WHERE id = $2', [rows[0].id, id]);
    const said = async (token: string) => {
      const refused = (given: object) =>
        asVisitor()
          .acceptInvitation({ token, ...given })
          .then(
            () => 'ok',
            (error: unknown) => (error instanceof ProblemError ? { ...error.problem, requestId: '' } : error),
          );
      const shown = { ...(await asVisitor().readLink({ token })), email: '', expiresAt: '' };
      return [shown, await refused({}), await refused({ name: 'Jo' }), await refused({ password: 'short' })];
    };
    const [first, ...others] = await Promise.all(copies.map(said));
    for (const other of others) expect(other).toEqual(first);
    // The response asks the visitor to sign in, and is the same whether or not the user is in the team.
    const given = { name: 'Jo', password: PASSWORD };
    const codes = await Promise.all(
      copies.slice(1).map((token) => codeOf(asVisitor().acceptInvitation({ token, ...given }))),
    );
    expect(codes).toEqual(['missing_key', 'missing_key', 'missing_key']);
  });

  it('is not found when it is forged, cut, of another invitation or of another kind', async () => {
    const team = await makeTeam();
    const [one, two] = [await invite(team), await invite(team)];
    const [id, mark, signature] = one.copied.split('.') as [string, string, string];
    const forged = [
      '',
      'nonsense',
      id,
      `${id}.${mark}`,
      `${id}.${mark}.${signature.slice(1)}`,
      `${id}.m1.${signature}`,
      `${id}.c2.${signature}`,
      `${two.copied.split('.')[0]}.${mark}.${signature}`,
      `${id}.${mark}.${'A'.repeat(43)}`,
      `${one.copied}\0`,
    ];
    for (const token of forged) {
      expect(
        await asVisitor()
          .readLink({ token })
          .catch((error: unknown) => (error instanceof ProblemError ? null : error)),
      ).toBeNull();
      for (const way of ['acceptInvitation', 'declineInvitation', 'requestInvitation'] as const) {
        expect(['not_found', 'invalid_request']).toContain(await codeOf(asVisitor()[way]({ token })));
      }
    }
    const unknown = printToken(services().vault, { invitationId: team.teamId, version: 1, way: 'copied' });
    expect(await asVisitor().readLink({ token: unknown })).toBeNull();
    expect(await statusOf(team, one.id)).toBe('pending');
  });

  it('says when it was replaced, has expired or is closed', async () => {
    const team = await makeTeam();
    const stateOf = async (token: string) => (await asVisitor().readLink({ token }))?.state;
    const one = await invite(team);
    const again = await resendInvitation({ ...team.owner, ...mailing() }, one.id);
    expect(await stateOf(one.copied)).toBe('replaced');
    expect(await codeOf(asVisitor().acceptInvitation({ token: one.mailed, name: 'A', password: PASSWORD }))).toBe(
      'invitation_closed',
    );
    expect(await stateOf(linksOf(again).copied)).toBe('open');
    await runOut(team);
    expect(await stateOf(linksOf(again).copied)).toBe('expired');
    expect(
      await codeOf(asVisitor().acceptInvitation({ token: linksOf(again).mailed, name: 'A', password: PASSWORD })),
    ).toBe('invitation_closed');
    const two = await invite(team);
    await revokeInvitation(team.owner, two.id);
    expect(await stateOf(two.copied)).toBe('revoked');
    expect(await codeOf(asVisitor().acceptInvitation({ token: two.mailed, name: 'A', password: PASSWORD }))).toBe(
      'invitation_closed',
    );
    const three = await invite(team);
    await asVisitor().declineInvitation({ token: three.copied });
    expect(await stateOf(three.mailed)).toBe('declined');
    const four = await invite(team);
    await ownerPool().query(`UPDATE teams SET status = 'suspended' WHERE id = $1`, [team.teamId]);
    expect(await stateOf(four.mailed)).toBe('suspended');
    expect(await codeOf(asVisitor().acceptInvitation({ token: four.mailed, name: 'A', password: PASSWORD }))).toBe(
      'team_suspended',
    );
    expect(await codeOf(asVisitor().declineInvitation({ token: four.mailed }))).toBe('team_suspended');
  });
});

describe('accepting an invitation', () => {
  it('makes a new user a member, with key, credit and rule; the emailed link verifies the address', async () => {
    const team = await makeTeam();
    const { mailed, email, id } = await invite(team, { credit: '20', recharge: { threshold: '30', target: '50' } });
    const joined = await asVisitor().acceptInvitation({ token: mailed, name: 'Jo Sand', password: PASSWORD });
    expect(joined).toEqual({
      slug: expect.any(String),
      email,
      creditMissing: false,
      balance: expect.any(String),
      apiKey: expect.stringMatching(/^pur_live_/),
    });
    expect((await ctxOf(joined.apiKey!)).actor).toMatchObject({ teamId: team.teamId, role: 'member' });
    const membership = (await membersOf(team)).at(-1)!;
    // The credit first, then the rule, which refills a balance below its threshold.
    expect(membership).toMatchObject({
      name: 'Jo Sand',
      email,
      role: 'member',
      user: email,
      balance: '50000000',
      proven: true,
    });
    const { rows: keys } = await ownerPool().query('SELECT 1 FROM api_keys WHERE team_id = $1 AND member_id = $2', [
      team.teamId,
      membership.id,
    ]);
    expect(keys).toHaveLength(1);
    expect((await asVisitor().readLink({ token: mailed }))?.state).toBe('accepted');
    expect(await statusOf(team, id)).toBe('accepted');
    expect((await signedIn(email)).name).toBe('Jo Sand');
    const rows = (await auditOf(team)).slice(-2);
    expect(rows).toMatchObject([
      { action: 'invitation.accepted', channel: 'web', actorType: 'user', actorName: 'Jo Sand', address: HERE.address },
      { action: 'member.joined', targetId: membership.id, after: { email, role: 'member', claimed: false } },
    ]);
    expect((await mailsTo(email)).map(({ kind }) => kind)).toEqual(['invitation', 'welcome']);
    const { rows: credits } = await ownerPool().query(
      `SELECT actor_name, note FROM transfers WHERE team_id = $1 AND kind = 'credit' AND member_id = $2`,
      [team.teamId, membership.id],
    );
    expect(credits).toEqual([{ actor_name: 'First Owner', note: 'Starting credit' }]);
    expect((await verifyLedger(services().database.db)).problems).toEqual([]);
  });

  it('does not verify the address when the link was copied', async () => {
    const team = await makeTeam();
    const { copied } = await invite(team);
    await asVisitor().acceptInvitation({ token: copied, name: 'Jo', password: PASSWORD });
    expect((await membersOf(team)).at(-1)!.proven).toBe(false);
  });

  it('requires a name from a new user when the owner gave none, and a password', async () => {
    const team = await makeTeam();
    const [unnamed, named] = [await invite(team), await invite(team, { name: 'Jo' })];
    expect(await codeOf(asVisitor().acceptInvitation({ token: unnamed.mailed, password: PASSWORD }))).toBe(
      'invalid_request',
    );
    expect(await codeOf(asVisitor().acceptInvitation({ token: unnamed.mailed, name: 'Jo' }))).toBe('invalid_request');
    expect(
      await codeOf(asVisitor().acceptInvitation({ token: unnamed.mailed, name: 'Jo', password: 'password1234' })),
    ).toBe('invalid_request');
    expect(await statusOf(team, unnamed.id)).toBe('pending');
    await asVisitor().acceptInvitation({ token: named.mailed, password: PASSWORD });
    expect((await membersOf(team)).at(-1)!.name).toBe('Jo');
  });

  it('requires the sign-in of a user who has an account, and nobody else can accept in their name', async () => {
    const known = await user();
    const other = await user();
    const team = await makeTeam();
    const { mailed, copied, email } = await invite(team, { email: known.email });
    expect(email).toBe(known.email);
    for (const token of [mailed, copied]) {
      expect((await asVisitor().readLink({ token }))?.as).toBe(token === mailed ? 'sign-in' : 'new-or-sign-in');
      expect(await codeOf(asVisitor().acceptInvitation({ token, name: 'X', password: OTHER }))).toBe('missing_key');
      expect((await asVisitor(other.user).readLink({ token }))?.as).toBe('other');
      expect(await codeOf(asVisitor(other.user).acceptInvitation({ token, name: 'X', password: OTHER }))).toBe(
        'missing_key',
      );
    }
    expect((await asVisitor(known.user).readLink({ token: copied }))?.as).toBe('join');
    await asVisitor(known.user).acceptInvitation({ token: copied });
    expect((await membersOf(team)).at(-1)).toMatchObject({ user: known.email, name: 'Somebody' });
    // The password is unchanged.
    await signedIn(known.email);
    expect(await asVisitor(known.user).readLink({ token: copied })).toMatchObject({ state: 'accepted', as: 'member' });
  });

  it('takes over an unverified account: new password, no session, no second factor', async () => {
    const impostor = await user('copied');
    await ownerPool().query(`UPDATE users SET totp_sealed = 'x', totp_since = now() WHERE email = $1`, [
      impostor.email,
    ]);
    const team = await makeTeam();
    const { mailed, copied } = await invite(team, { email: impostor.email });
    // With the copied link it is an account like any other.
    expect((await asVisitor().readLink({ token: copied }))?.as).toBe('new-or-sign-in');
    for (const who of [null, impostor.user])
      expect((await asVisitor(who).readLink({ token: mailed }))?.as).toBe('renew');
    expect(await codeOf(asVisitor(impostor.user).acceptInvitation({ token: mailed }))).toBe('invalid_request');
    await asVisitor().acceptInvitation({ token: mailed, password: OTHER });
    expect(await findSignedInUser(services(), impostor.user.sessionId)).toBeNull();
    expect((await signIn(services(), { email: impostor.email, password: PASSWORD }, HERE)).ok).toBe(false);
    const { rows } = await ownerPool().query(
      'SELECT totp_sealed, email_proven_at IS NOT NULL AS proven FROM users WHERE email = $1',
      [impostor.email],
    );
    expect(rows).toEqual([{ totp_sealed: null, proven: true }]);
    await signedIn(impostor.email, OTHER);
  });

  it('joins with balance 0 when the master balance cannot pay the starting credit, and notifies the owners', async () => {
    const team = await makeTeam({ fund: '10.00' });
    const { mailed, email, id } = await invite(team, { credit: '10.01' });
    const joined = await asVisitor().acceptInvitation({ token: mailed, name: 'Jo', password: PASSWORD });
    expect(joined.creditMissing).toBe(true);
    expect((await membersOf(team)).at(-1)).toMatchObject({ user: email, balance: '0' });
    const owner = (await membersOf(team))[0]!.user!;
    expect((await mailsTo(owner)).at(-1)).toEqual({
      kind: 'credit-missing',
      facts: { name: 'Jo', credit: '10010000' },
    });
    const accepted = (await auditOf(team)).find(({ action }) => action === 'invitation.accepted');
    expect(accepted).toMatchObject({ targetId: id, after: { credit: '0.00', creditMissing: true } });
  });

  it('is refused for a user who is a member already, and for an address of a member without a user', async () => {
    const known = await user();
    const team = await makeTeam();
    const one = await invite(team, { email: known.email });
    await asVisitor(known.user).acceptInvitation({ token: one.copied });
    const membership = (await membersOf(team)).at(-1)!;
    await ownerPool().query(`UPDATE members SET email = $1 WHERE id = $2`, [someAddress(), membership.id]);
    await ownerPool().query(
      `UPDATE invitations SET status = 'pending', closed_at = NULL, member_id = NULL WHERE id = $1`,
      [one.id],
    );
    expect(await codeOf(asVisitor(known.user).acceptInvitation({ token: one.copied }))).toBe('already_member');
    const two = await invite(team);
    await addMember(team, { email: two.email });
    expect(await codeOf(asVisitor().acceptInvitation({ token: two.mailed, name: 'Jo', password: PASSWORD }))).toBe(
      'email_taken',
    );
    const { rows } = await ownerPool().query('SELECT 1 FROM users WHERE email = $1', [two.email]);
    expect(rows, 'no account is left behind').toEqual([]);
  });
});

describe('claiming a member', () => {
  it('gives a user the member, with its key, balance, name and log', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { credit: '7', name: 'Ops bot' });
    const { mailed, email } = await invite(team, { memberId: membership.mem, credit: '3' });
    expect(await asVisitor().readLink({ token: mailed })).toMatchObject({ as: 'new', claims: 'Ops bot' });
    await asVisitor().acceptInvitation({ token: mailed, name: 'Jo', password: PASSWORD });
    expect((await membersOf(team)).at(-1)).toMatchObject({
      id: membership.id,
      name: 'Ops bot',
      email,
      user: email,
      balance: '10000000',
    });
    expect((await ctxOf(membership.key)).actor.memberId).toBe(membership.id);
    expect((await auditOf(team)).at(-1)).toMatchObject({
      action: 'member.joined',
      targetId: membership.id,
      after: { claimed: true },
    });
  });

  it('keeps a given contact address, and ends the sign-in that was generated with the member', async () => {
    const team = await makeTeam();
    const contact = someAddress();
    const named = await addMember(team, { email: contact });
    const one = await invite(team, { memberId: named.mem });
    await asVisitor().acceptInvitation({ token: one.mailed, name: 'Jo', password: PASSWORD });
    expect((await membersOf(team)).at(-1)).toMatchObject({ email: contact, user: one.email });
    const { member } = await createMember(team.operator, { role: 'member', password: OTHER });
    const bot = await signedIn(member.email, OTHER);
    const two = await invite(team, { memberId: printId('mem', member.id) });
    await asVisitor().acceptInvitation({ token: two.mailed, name: 'Al', password: PASSWORD });
    expect(await findSignedInUser(services(), bot.sessionId)).toBeNull();
    expect((await signIn(services(), { email: member.email, password: OTHER }, HERE)).ok).toBe(false);
  });

  it('shows and records the member’s current role', async () => {
    const team = await makeTeam();
    const membership = await addMember(team, { name: 'Ops bot' });
    const { mailed } = await invite(team, { memberId: membership.mem });
    await setRole(team.owner, { memberId: membership.id, role: 'owner' });
    expect(await asVisitor().readLink({ token: mailed })).toMatchObject({ role: 'owner' });
    await asVisitor().acceptInvitation({ token: mailed, name: 'Jo', password: PASSWORD });
    expect((await membersOf(team)).at(-1)).toMatchObject({ role: 'owner' });
    expect((await auditOf(team)).at(-1)).toMatchObject({ action: 'member.joined', after: { role: 'owner' } });
  });

  it('does not pass on the right to take the owner role back', async () => {
    const team = await makeTeam();
    const { rows } = await ownerPool().query<{ slug: string }>('SELECT slug FROM teams WHERE id = $1', [team.teamId]);
    const [{ slug }] = rows as [{ slug: string }];
    const { member } = await createMember(team.operator, { role: 'owner', password: OTHER });
    const bot = await signedIn(member.email, OTHER);
    const own = async (who: SignedInUser) => {
      const place = await findMembership(services(), { sessionId: who.sessionId, slug, address: null });
      return place.ok ? makeContext(services(), place.actor) : Promise.reject(new Error(place.reason));
    };
    await setRole(await own(bot), { memberId: member.id, role: 'member' });
    const { mailed, email } = await invite(team, { memberId: printId('mem', member.id) });
    await asVisitor().acceptInvitation({ token: mailed, name: 'Jo', password: PASSWORD });
    await setRole(team.owner, { memberId: team.ownerId, role: 'member' });
    const taken = setRole(await own(await signedIn(email)), { memberId: member.id, role: 'owner' });
    await expect(taken).rejects.toMatchObject({ code: 'owner_required' });
  });

  it('is refused when the member was deleted or claimed meanwhile, and leaves nothing behind', async () => {
    const team = await makeTeam();
    const gone = await addMember(team);
    const one = await invite(team, { memberId: gone.mem });
    await deleteMember(team.operator, gone.id);
    const accept = (token: string) => codeOf(asVisitor().acceptInvitation({ token, name: 'Jo', password: PASSWORD }));
    expect(await accept(one.mailed)).toBe('member_deleted');
    expect((await ownerPool().query('SELECT 1 FROM users WHERE email = $1', [one.email])).rows).toEqual([]);
    // An inactive member can be claimed; it acts again once an owner activates it.
    const asleep = await addMember(team);
    const two = await invite(team, { memberId: asleep.mem });
    await deactivateMember(team.operator, asleep.id);
    expect(await accept(two.mailed)).toBe('ok');
  });
});

describe('an owner who creates a member with another user’s address', () => {
  it('gains nothing when the operator creates a team for that address', async () => {
    const victim = someAddress();
    const bait = await invite(await makeTeam(), { email: victim });
    await asVisitor().acceptInvitation({ token: bait.copied, name: 'Evil', password: OTHER });
    const impostor = await signedIn(victim, OTHER);
    const owner = { name: 'Vera', email: victim, password: PASSWORD };
    const { slug } = await createTeam(services(), { name: 'Vera Ltd', currency: 'USD', owner, rates: [] });
    expect(await findSignedInUser(services(), impostor.sessionId)).toBeNull();
    expect((await signIn(services(), { email: victim, password: OTHER }, HERE)).ok).toBe(false);
    const { sessionId } = await signedIn(victim);
    expect((await findMembership(services(), { sessionId, slug, address: null })).ok).toBe(true);
    // A second team changes nothing about the account, though its password is the same.
    await createTeam(services(), { name: 'More', currency: 'USD', owner, rates: [] });
    expect(await findSignedInUser(services(), sessionId)).not.toBeNull();
    // A user with a verified address keeps the password.
    const known = await user('mailed');
    await createTeam(services(), {
      name: 'Two',
      currency: 'USD',
      owner: { ...owner, email: known.email, password: OTHER },
      rates: [],
    });
    await signedIn(known.email);
  });

  it('gains nothing when the owner of the address joins another team', async () => {
    const [evil, good] = [await makeTeam(), await makeTeam({ fund: '100.00' })];
    const victim = someAddress();
    // A member with the address, and an account created with the link that was copied, not emailed.
    await addMember(evil, { email: victim });
    const other = await makeTeam();
    const bait = await invite(other, { email: victim });
    await asVisitor().acceptInvitation({ token: bait.copied, name: 'Evil', password: OTHER });
    const impostor = await signedIn(victim, OTHER);
    const invited = await invite(good, { email: victim, role: 'owner' });
    // The other account opens nothing of the invitation without its link; the owner of the address has it by email.
    await asVisitor().acceptInvitation({ token: invited.mailed, password: PASSWORD });
    expect(await findSignedInUser(services(), impostor.sessionId)).toBeNull();
    expect((await signIn(services(), { email: victim, password: OTHER }, HERE)).ok).toBe(false);
    expect((await membersOf(evil)).find(({ email }) => email === victim)).toMatchObject({ user: null });
    expect((await signedIn(victim)).email).toBe(victim);
  });
});

describe('declining an invitation and requesting a new link', () => {
  it('closes it, and answers the same when repeated', async () => {
    const team = await makeTeam();
    const { copied, id } = await invite(team);
    for (let i = 0; i < 2; i += 1)
      expect(await asVisitor().declineInvitation({ token: copied })).toEqual({ state: 'declined' });
    expect(await statusOf(team, id)).toBe('declined');
    expect((await auditOf(team)).filter(({ action }) => action === 'invitation.declined')).toHaveLength(1);
    expect(await codeOf(asVisitor().requestInvitation({ token: copied }))).toBe('invitation_closed');
  });

  it('notifies the owners of an expired link once, until it is sent again', async () => {
    const team = await makeTeam();
    const { copied, email, id } = await invite(team);
    expect(await codeOf(asVisitor().requestInvitation({ token: copied }))).toBe('invitation_closed');
    await runOut(team);
    await Promise.all(Array.from({ length: 4 }, () => asVisitor().requestInvitation({ token: copied })));
    expect(await asVisitor().readLink({ token: copied })).toMatchObject({ state: 'expired', requested: true });
    expect((await auditOf(team)).filter(({ action }) => action === 'invitation.requested')).toHaveLength(1);
    const owner = (await membersOf(team))[0]!.user!;
    expect((await mailsTo(owner)).filter(({ kind }) => kind === 'invitation-requested')).toEqual([
      { kind: 'invitation-requested', facts: { email } },
    ]);
    const again = await resendInvitation({ ...team.owner, ...mailing() }, id);
    expect(await asVisitor().readLink({ token: linksOf(again).mailed })).toMatchObject({
      state: 'open',
      requested: false,
    });
  });
});

describe('concurrent requests', () => {
  const ways = ['mailed', 'copied'] as const;

  it('accept an invitation many times: one member, one credit', async () => {
    const team = await makeTeam();
    const invited = await invite(team, { credit: '5' });
    const codes = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        codeOf(asVisitor().acceptInvitation({ token: invited[ways[i % 2]!], name: 'Jo', password: PASSWORD })),
      ),
    );
    expect(codes.toSorted()).toEqual([...Array(7).fill('invitation_closed'), 'ok']);
    expect((await membersOf(team)).filter(({ email }) => email === invited.email)).toMatchObject([
      { balance: '5000000' },
    ]);
  });

  it.each([
    ['revoked', (team: TestTeam, id: string) => revokeInvitation(team.owner, id)],
    ['resent', (team: TestTeam, id: string) => resendInvitation(team.owner, id)],
  ])('accept an invitation while it is %s: one of the two orders', async (_, meanwhile) => {
    const team = await makeTeam();
    for (let i = 0; i < 6; i += 1) {
      const invited = await invite(team);
      const [accepted, other] = await Promise.allSettled([
        codeOf(asVisitor().acceptInvitation({ token: invited.mailed, name: 'Jo', password: PASSWORD })),
        meanwhile(team, invited.id),
      ]);
      const code = accepted.status === 'fulfilled' ? accepted.value : accepted.reason;
      const isMember = (await membersOf(team)).some(({ email }) => email === invited.email);
      expect(['ok', 'invitation_closed']).toContain(code);
      expect(isMember).toBe(code === 'ok');
      expect(other.status).toBe(code === 'ok' ? 'rejected' : 'fulfilled');
    }
  });

  it('accept the links of two teams to one new address: one account, and nobody gets in without signing in', async () => {
    const [one, two] = [await makeTeam(), await makeTeam()];
    const email = someAddress();
    const tokens = [(await invite(one, { email })).mailed, (await invite(two, { email })).mailed];
    const codes = await Promise.all(
      tokens.map((token) => codeOf(asVisitor().acceptInvitation({ token, name: 'Jo', password: PASSWORD }))),
    );
    expect(codes.toSorted()).toEqual(['missing_key', 'ok']);
    expect((await ownerPool().query('SELECT 1 FROM users WHERE email = $1', [email])).rows).toHaveLength(1);
  });

  it('claim a member while it is deleted: whole or not at all', async () => {
    const team = await makeTeam();
    for (let i = 0; i < 6; i += 1) {
      const membership = await addMember(team, { credit: '1' });
      const invited = await invite(team, { memberId: membership.mem, credit: '1' });
      const [accepted, deleted] = await Promise.allSettled([
        codeOf(asVisitor().acceptInvitation({ token: invited.mailed, name: 'Jo', password: PASSWORD })),
        deleteMember(team.operator, membership.id),
      ]);
      expect(deleted.status).toBe('fulfilled');
      expect(['ok', 'member_deleted']).toContain(accepted.status === 'fulfilled' ? accepted.value : accepted.reason);
    }
    const { rows } = await ownerPool().query(
      `SELECT 1 FROM ledger_accounts WHERE team_id = $1 AND closed_at IS NOT NULL AND balance <> 0`,
      [team.teamId],
    );
    expect(rows).toEqual([]);
    expect((await verifyLedger(services().database.db)).problems).toEqual([]);
  });

  it('need the last money of the master balance for two starting credits: one gets it, both join', async () => {
    const team = await makeTeam({ fund: '5.00' });
    const both = [await invite(team, { credit: '5' }), await invite(team, { credit: '5' })];
    const joined = await Promise.all(
      both.map(({ mailed }) => asVisitor().acceptInvitation({ token: mailed, name: 'Jo', password: PASSWORD })),
    );
    expect(joined.filter(({ creditMissing }) => creditMissing)).toHaveLength(1);
    await fundTeam(team.operator, { amount: micros('1') });
    await withdrawFromTeam(team.operator, { amount: micros('1') });
  });
});
