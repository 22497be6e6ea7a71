import { beforeEach, describe, expect, it } from 'vitest';
import { makeContext } from '@/server/domain/core/context';
import { newUuid7 } from '@/server/domain/core/ids';
import { creditMember } from '@/server/domain/billing/ledger/write';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  setRole,
} from '@/server/domain/teams/members/write';
import { findSignedInUser, findMembership, listMemberships } from '@/server/domain/identity/sessions/read';
import { LIMITS } from '@/server/domain/identity/login-throttle/rules';
import { endSession, signIn, type SignedIn } from '@/server/domain/identity/sessions/write';
import { createTeam } from '@/server/domain/teams/teams/write';
import { services } from '@/server/http/services';
import { OWNER } from '../../support/passwords';
import { makeTeam, micros, ownerPool, type TestTeam } from '../../support/team';

const PASSWORD = OWNER.password;

/** Each test signs in from an address of its own. */
let address: string;
beforeEach(() => {
  address = `2001:db8:${Math.floor(Math.random() * 65536).toString(16)}:${Math.floor(Math.random() * 65536).toString(16)}::1`;
});

const enter = (email: string, password = PASSWORD, from = address): Promise<SignedIn> =>
  signIn(services(), { email, password }, { address: from, agent: 'a browser' });

async function sessionFor(email: string, password = PASSWORD): Promise<{ sessionId: string; userId: string }> {
  const entered = await enter(email, password);
  if (!entered.ok) throw new Error(entered.reason);
  return entered.user;
}

/** Adds a member whose user can sign in; its password is hashed now, or in advance at the lowest cost. */
async function addUser(team: TestTeam, role: 'owner' | 'member' = 'member', hashed: 'now' | 'before' = 'before') {
  const input = await createMemberInput.parseAsync({ role, password: PASSWORD });
  const made = hashed === 'before' ? { password: PASSWORD, passwordHash: OWNER.hash } : undefined;
  const { member } = await createMember(team.operator, input, made);
  return { memberId: member.id, email: member.email };
}

async function slugOf(team: TestTeam): Promise<string> {
  const { rows } = await ownerPool().query<{ slug: string }>('SELECT slug FROM teams WHERE id = $1', [team.teamId]);
  return rows[0]!.slug;
}

const place = (sessionId: string, slug: string) => findMembership(services(), { sessionId, slug, address });

describe('a session', () => {
  it('is a new one at each sign-in, and identifies the user', async () => {
    const { email } = await addUser(await makeTeam());
    const [one, other] = [await sessionFor(email.toUpperCase()), await sessionFor(` ${email}`)];
    expect(one.sessionId).not.toBe(other.sessionId);
    expect(await findSignedInUser(services(), one.sessionId)).toMatchObject({ ...one, email });
    const { rows } = await ownerPool().query(
      `SELECT address, agent, expires_at - created_at = interval '30 days' AS month FROM sessions WHERE id = $1`,
      [one.sessionId],
    );
    expect(rows).toEqual([{ address, agent: 'a browser', month: true }]);
  });

  it('is over once it is ended, and no other with it', async () => {
    const { email } = await addUser(await makeTeam());
    const [one, other] = [await sessionFor(email), await sessionFor(email)];
    await endSession(services(), one.sessionId);
    await endSession(services(), one.sessionId);
    expect(await findSignedInUser(services(), one.sessionId)).toBeNull();
    expect(await findSignedInUser(services(), other.sessionId)).not.toBeNull();
  });

  it('expires after its lifetime, and is deleted at the next sign-in', async () => {
    const { email } = await addUser(await makeTeam());
    const { sessionId } = await sessionFor(email);
    await ownerPool().query(`UPDATE sessions SET expires_at = now() - interval '1 second' WHERE id = $1`, [sessionId]);
    expect(await findSignedInUser(services(), sessionId)).toBeNull();
    await sessionFor(email);
    expect((await ownerPool().query('SELECT 1 FROM sessions WHERE id = $1', [sessionId])).rowCount).toBe(0);
  });

  it('is nobody’s when it never existed', async () => {
    expect(await findSignedInUser(services(), newUuid7())).toBeNull();
    expect(await place(newUuid7(), 'acme')).toEqual({ ok: false, reason: 'signed-out' });
  });
});

describe('the member of a session', () => {
  it('is read with its current role and status at each request', async () => {
    const team = await makeTeam({ name: 'Several' });
    const slug = await slugOf(team);
    const { memberId, email } = await addUser(team);
    const { sessionId, userId } = await sessionFor(email);
    const first = await place(sessionId, slug);
    expect(first).toMatchObject({
      ok: true,
      user: { email },
      actor: {
        teamId: team.teamId,
        teamName: 'Several',
        memberId,
        role: 'member',
        channel: 'web',
        address,
        credential: { type: 'user', id: userId },
      },
    });
    await setRole(team.operator, { memberId, role: 'owner' });
    expect(await place(sessionId, slug)).toMatchObject({ actor: { role: 'owner' } });
    await deactivateMember(team.operator, memberId);
    expect(await place(sessionId, slug)).toMatchObject({ ok: false, reason: 'inactive', teamName: 'Several' });
    await activateMember(team.operator, memberId);
    expect(await place(sessionId, slug)).toMatchObject({ ok: true });
    await deleteMember(team.operator, memberId);
    expect(await place(sessionId, slug)).toMatchObject({ ok: false, reason: 'none' });
    await endSession(services(), sessionId);
    expect(await place(sessionId, slug)).toEqual({ ok: false, reason: 'signed-out' });
  });

  it('is checked again by a change: one that was deactivated meanwhile moves nothing', async () => {
    const team = await makeTeam();
    const { memberId, email } = await addUser(team, 'owner');
    const { sessionId } = await sessionFor(email);
    const found = await place(sessionId, await slugOf(team));
    if (!found.ok) throw new Error(found.reason);
    await deactivateMember(team.operator, memberId);
    const credit = creditMember(makeContext(services(), found.actor), { memberId: team.ownerId, amount: micros('1') });
    await expect(credit).rejects.toMatchObject({ code: 'member_inactive' });
  });

  it('is answered alike in another team, in a closed one, and under an unknown name', async () => {
    const [team, foreign] = [await makeTeam(), await makeTeam()];
    const { email } = await addUser(team);
    const { sessionId } = await sessionFor(email);
    const never = await place(sessionId, 'never-given');
    expect(never).toMatchObject({ ok: false, reason: 'none' });
    for (const slug of [await slugOf(foreign), '', 'a\0b', 'half \ud800', `${await slugOf(team)} `]) {
      expect(await place(sessionId, slug)).toEqual(never);
    }
    await ownerPool().query(`UPDATE teams SET status = 'closed' WHERE id = $1`, [team.teamId]);
    expect(await place(sessionId, await slugOf(team))).toEqual(never);
    expect(await listMemberships(services(), (await sessionFor(email)).userId)).toEqual([]);
  });
});

describe('the memberships of a user', () => {
  it('are all that are not deleted, sorted by team, with the roles that can be taken back', async () => {
    const email = `many-${newUuid7()}@example.test`;
    const teams: Record<string, { operator: TestTeam['operator']; memberId: string }> = {};
    for (const name of ['Zeta', 'alpha', 'mid', 'gone']) {
      const owner = { name: 'Many Teams', email, password: PASSWORD };
      const { teamId, memberId } = await createTeam(services(), { name, currency: 'USD', owner, rates: [] });
      const actor = { type: 'operator', teamId, currency: 'USD', name: 'Operator', channel: 'cli' } as const;
      teams[name] = { operator: makeContext(services(), actor), memberId };
    }
    const { sessionId, userId } = await sessionFor(email);
    const names = async () => (await listMemberships(services(), userId)).map(({ team }) => team.name);
    expect(await names()).toEqual(['alpha', 'gone', 'mid', 'Zeta']);
    await setRole(teams['gone']!.operator, { memberId: teams['gone']!.memberId, role: 'member' });
    await deleteMember(teams['gone']!.operator, teams['gone']!.memberId);
    expect(await names()).toEqual(['alpha', 'mid', 'Zeta']);
    const found = await place(sessionId, (await listMemberships(services(), userId))[0]!.team.slug);
    if (!found.ok) throw new Error(found.reason);
    await setRole(makeContext(services(), found.actor), { memberId: found.actor.memberId, role: 'member' });
    await setRole(teams['mid']!.operator, { memberId: teams['mid']!.memberId, role: 'member' });
    await deactivateMember(teams['mid']!.operator, teams['mid']!.memberId);
    const now = (await listMemberships(services(), userId)).map(({ member, canTakeBack }) => [
      member.role,
      member.status,
      canTakeBack,
    ]);
    // Stepped down themselves, demoted by the operator (and deactivated), not demoted.
    expect(now).toEqual([
      ['member', 'active', true],
      ['member', 'inactive', false],
      ['owner', 'active', false],
    ]);
  });
});

describe('a failed sign-in', () => {
  it('is answered alike for a wrong password, no account, an account without a password, and an impossible address', async () => {
    const team = await makeTeam();
    const { email } = await addUser(team);
    const { member } = await createMember(team.operator, await createMemberInput.parseAsync({}));
    const wrong = { ok: false, reason: 'wrong' };
    expect(await enter(email, 'not the password')).toEqual(wrong);
    expect(await enter(email, '')).toEqual(wrong);
    expect(await enter(email, `${PASSWORD}${'x'.repeat(300)}`)).toEqual(wrong);
    for (const unknown of ['nobody@example.test', member.email, '', 'a\0b', '\ud800']) {
      expect(await enter(unknown)).toEqual(wrong);
    }
  });

  it('costs as much where there is no such account, so that the time does not tell', async () => {
    const { email } = await addUser(await makeTeam(), 'member', 'now');
    const costs: Record<string, number[]> = { [email]: [], 'nobody@example.test': [] };
    for (let i = 0; i < 4; i += 1) {
      for (const [who, spent] of Object.entries(costs)) {
        // Measures the processor time, as the elapsed time depends on whatever else runs.
        const began = process.cpuUsage();
        await enter(who, 'not the password', `198.51.100.${i + 1}`);
        spent.push(process.cpuUsage(began).user);
      }
    }
    const [known, unknown] = Object.values(costs).map((spent) => Math.min(...spent));
    expect(unknown! / known!).toBeGreaterThan(0.5);
    expect(unknown! / known!).toBeLessThan(2);
  });

  it('is not caused by having no active member: that user signs in and finds no team', async () => {
    const team = await makeTeam();
    const { memberId, email } = await addUser(team);
    await deleteMember(team.operator, memberId);
    expect(await listMemberships(services(), (await sessionFor(email)).userId)).toEqual([]);
  });
});

const throttled = { ok: false, reason: 'throttled', minutes: 15 };

describe('sign-in attempts', () => {
  const fail = async (times: number, email: string, from = address) => {
    for (let i = 0; i < times; i += 1) expect(await enter(email, 'wrong', from)).toMatchObject({ reason: 'wrong' });
  };

  it('are limited to ten for one account from one address, known or not, even with the right password; other addresses are free', async () => {
    const { email } = await addUser(await makeTeam());
    for (const who of [email, `nobody-${newUuid7()}@example.test`]) {
      await fail(LIMITS.both.points, who);
      expect(await enter(who)).toEqual(throttled);
      expect(await enter(` ${who.toUpperCase()}`)).toEqual(throttled);
    }
    expect(await enter(email, PASSWORD, '198.51.100.77')).toMatchObject({ ok: true });
  });

  it('are all counted when sent at once', async () => {
    const { email } = await addUser(await makeTeam());
    const all = await Promise.all(Array.from({ length: 16 }, () => enter(email, 'wrong')));
    expect(all.filter((one) => !one.ok && one.reason === 'wrong')).toHaveLength(LIMITS.both.points);
  });

  it('are reset by a success and after their period, whatever was attempted meanwhile', async () => {
    const { email } = await addUser(await makeTeam());
    await fail(9, email);
    expect(await enter(email)).toMatchObject({ ok: true });
    await fail(10, email);
    expect(await enter(email)).toEqual(throttled);
    await ownerPool().query(`UPDATE sign_in_tries SET expire = expire - 14 * 60000 - 30000`);
    expect(await enter(email)).toEqual({ ...throttled, minutes: 1 });
    await ownerPool().query(`UPDATE sign_in_tries SET expire = expire - 60000`);
    expect(await enter(email)).toMatchObject({ ok: true });
  });

  it('are limited to a hundred from one address over all accounts; successful ones do not count', async () => {
    const { email } = await addUser(await makeTeam());
    await ownerPool().query('INSERT INTO sign_in_tries VALUES ($1, 99, $2)', [
      `address:${address.split(':').slice(0, 4).join(':')}::/64`,
      Date.now() + 15 * 60_000,
    ]);
    expect(await enter(email)).toMatchObject({ ok: true });
    expect(await enter(email)).toMatchObject({ ok: true });
    await fail(1, 'nobody@example.test');
    expect(await enter(email)).toEqual(throttled);
    expect(await enter('somebody-else@example.test')).toEqual(throttled);
  });

  it('are limited to a hundred an hour for one account, from any address', async () => {
    const { email } = await addUser(await makeTeam());
    await fail(1, email);
    await ownerPool().query(
      `UPDATE sign_in_tries SET points = 100 WHERE key = 'account:' || encode(sha256(convert_to($1, 'UTF8')), 'hex')`,
      [email],
    );
    expect(await enter(email, PASSWORD, '203.0.113.5')).toEqual({ ...throttled, minutes: 60 });
  });
});
