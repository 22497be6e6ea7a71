import { describe, expect, it } from 'vitest';
import { hashPassword } from '@/server/domain/core/password-hashing';
import type { VisitorContext } from '@/server/domain/core/user-context';
import { getProfile } from '@/server/domain/identity/users/read';
import {
  confirmTwoFactor,
  endTwoFactor,
  renameUser,
  renewRecoveryCodes,
  startTwoFactor,
} from '@/server/domain/identity/users/write';
import { makeContext, type Context } from '@/server/domain/core/context';
import { asTeamId, newUuid7 } from '@/server/domain/core/ids';
import { listSessions } from '@/server/domain/identity/sessions/read';
import { endAllSessions, endOwnSession, markSeen, signIn } from '@/server/domain/identity/sessions/write';
import { LIMITS } from '@/server/domain/identity/login-throttle/rules';
import {
  enableTwoFactorFor,
  signInAs,
  visitor,
  isLive,
  mailsTo,
  makeOwnerWithPassword,
  newAddress,
  notesOf,
  PASSWORD,
} from '../../support/visitors';
import { addMember, makeTeam, ownerPool } from '../../support/team';
import { givePassword, resetTwoFactor } from '@/server/domain/teams/member-sign-in/write';
import { changePassword } from '@/server/domain/identity/passwords/write';

const NEW = 'another horse, another battery';
const WRONG = { code: 'invalid_request', facts: { errors: [{ pointer: '/password' }] } };

/** Returns the outcome of a sign-in with a code. */
const outcome = async (email: string, code: string, as = visitor()) => {
  const entered = await signIn(as, { email, password: PASSWORD, code }, as.origin);
  return entered.ok ? 'ok' : entered.reason;
};

describe('changing a password', () => {
  it('requires the current one; every other session is ended, and it is notified and audited', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    const [here, there] = [await signInAs(email), await signInAs(email)];
    await expect(changePassword(here, { current: 'wrong', password: NEW })).rejects.toMatchObject({
      code: 'invalid_request',
      facts: { errors: [{ pointer: '/current' }] },
    });
    expect(await isLive(there)).toBe(true);
    await changePassword(here, { current: PASSWORD, password: NEW });
    expect([await isLive(here), await isLive(there)]).toEqual([true, false]);
    await expect(signInAs(email)).rejects.toThrow('wrong');
    await signInAs(email, visitor(), NEW);
    expect((await mailsTo(email)).filter(({ kind }) => kind === 'password-changed')).toHaveLength(1);
    expect((await notesOf(teamId)).map(({ action }) => action)).toEqual(['user.password_changed']);
  });

  it('at an open browser counts wrong passwords like failed sign-ins', async () => {
    const { email } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    for (let i = 0; i < LIMITS.both.points; i += 1)
      await expect(changePassword(here, { current: `wrong ${i}`, password: NEW })).rejects.toMatchObject({
        code: 'invalid_request',
      });
    await expect(changePassword(here, { current: PASSWORD, password: NEW })).rejects.toMatchObject({
      code: 'rate_limited',
    });
  });
});

/** Wraps a context so that its next transaction begins only after `first` is done. */
function after<T extends VisitorContext>(first: () => Promise<unknown>, ctx: T): T {
  const { pool } = ctx.database;
  const connect = async () => {
    await first();
    return pool.connect();
  };
  const late = new Proxy(pool, {
    get: (target, name) => {
      const value: unknown = name === 'connect' ? connect : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return { ...ctx, database: { ...ctx.database, pool: late } };
}

describe('the old password, while a new one is set', () => {
  const renew = (email: string) => async () =>
    ownerPool().query('UPDATE users SET password_hash = $2 WHERE email = $1', [email, await hashPassword(NEW)]);

  it('opens no session that would outlive those that are ended', async () => {
    const { email } = await makeOwnerWithPassword();
    const as = after(renew(email), visitor());
    expect(await signIn(as, { email, password: PASSWORD }, as.origin)).toEqual({ ok: false, reason: 'wrong' });
    const { rows } = await ownerPool().query(
      'SELECT s.id FROM sessions s JOIN users u ON u.id = s.user_id AND email = $1',
      [email],
    );
    expect(rows).toEqual([]);
  });

  it('cannot set a third one', async () => {
    const { email } = await makeOwnerWithPassword();
    const user = after(renew(email), await signInAs(email));
    const changed = changePassword(user, { current: PASSWORD, password: 'the password of a thief' });
    await expect(changed).rejects.toMatchObject({ facts: { errors: [{ pointer: '/current' }] } });
    await signInAs(email, visitor(), NEW);
  });
});

describe('the name of a user', () => {
  it('is changed and audited; the member keeps its own', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    await renameUser(here, { name: 'Renamed' });
    await renameUser(here, { name: 'Renamed' });
    expect(await getProfile(here)).toMatchObject({ name: 'Renamed', email, isProven: false });
    const { rows } = await ownerPool().query('SELECT name FROM members WHERE team_id = $1', [teamId]);
    expect(rows).toEqual([{ name: 'Somebody' }]);
    expect((await notesOf(teamId)).map(({ action }) => action)).toEqual(['user.renamed']);
  });
});

describe('a second factor', () => {
  it('is required once it was confirmed by a code, and not before', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    await expect(startTwoFactor(here, { password: 'wrong' })).rejects.toMatchObject(WRONG);
    await startTwoFactor(here, { password: PASSWORD });
    await expect(confirmTwoFactor(here, { code: '000000' })).rejects.toMatchObject({ code: 'invalid_request' });
    expect(await outcome(email, '')).toBe('ok');
    const { codeAt, recoveryCodes } = await enableTwoFactorFor(here);
    expect(await getProfile(here)).toMatchObject({ twoFactorSince: expect.any(Date), recoveryCodesLeft: 10 });
    expect(recoveryCodes).toHaveLength(10);
    expect(await outcome(email, '')).toBe('code');
    expect(await outcome(email, '000000')).toBe('wrong-code');
    expect(await outcome(email, codeAt(0))).toBe('ok');
    await expect(startTwoFactor(here, { password: PASSWORD })).rejects.toMatchObject(WRONG);
    expect((await notesOf(teamId)).map(({ action }) => action)).toEqual(['user.two_factor_on']);
    expect((await mailsTo(email)).filter(({ kind }) => kind === 'two-factor-changed')).toHaveLength(1);
  });

  it('shows its secret only after the password', async () => {
    const { email } = await makeOwnerWithPassword();
    await enableTwoFactorFor(await signInAs(email));
    const as = visitor();
    expect(await signIn(as, { email, password: 'wrong' }, as.origin)).toEqual({ ok: false, reason: 'wrong' });
    expect(await signIn(as, { email, password: 'wrong', code: '123456' }, as.origin)).toEqual({
      ok: false,
      reason: 'wrong',
    });
  });

  it('takes each code once, even when many send it at the same moment, and none older than the last', async () => {
    const { email } = await makeOwnerWithPassword();
    const { codeAt } = await enableTwoFactorFor(await signInAs(email));
    const all = await Promise.all(Array.from({ length: 5 }, () => outcome(email, codeAt(0))));
    expect(all.toSorted()).toEqual(['ok', 'wrong-code', 'wrong-code', 'wrong-code', 'wrong-code']);
    expect(await outcome(email, codeAt(-1))).toBe('wrong-code');
    expect(await outcome(email, codeAt(1))).toBe('ok');
  });

  it('takes each recovery code once, in the same field, however it is typed', async () => {
    const { email } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    const { recoveryCodes } = await enableTwoFactorFor(here);
    const [first, second] = recoveryCodes as [string, string];
    const all = await Promise.all(Array.from({ length: 4 }, () => outcome(email, ` ${first.toUpperCase()}`)));
    expect(all.filter((one) => one === 'ok')).toHaveLength(1);
    expect(await outcome(email, second.replace('-', ' '))).toBe('ok');
    expect(await getProfile(here)).toMatchObject({ recoveryCodesLeft: 8 });
    await expect(renewRecoveryCodes(here, { password: 'wrong' })).rejects.toMatchObject(WRONG);
    const renewed = await renewRecoveryCodes(here, { password: PASSWORD });
    expect(await outcome(email, recoveryCodes[2]!)).toBe('wrong-code');
    expect(await outcome(email, renewed.recoveryCodes[0]!)).toBe('ok');
    const { rows } = await ownerPool().query(`SELECT count(*)::int AS n FROM recovery_codes WHERE user_id = $1`, [
      here.user.userId,
    ]);
    expect(rows).toEqual([{ n: 10 }]);
  });

  it('accepts neither the recovery code nor the code of another user', async () => {
    const [ann, bob] = [await makeOwnerWithPassword(), await makeOwnerWithPassword()];
    const his = await enableTwoFactorFor(await signInAs(bob.email));
    await enableTwoFactorFor(await signInAs(ann.email));
    expect(await outcome(ann.email, his.recoveryCodes[0]!)).toBe('wrong-code');
    expect(await outcome(ann.email, his.codeAt(0))).toBe('wrong-code');
    expect(await outcome(bob.email, his.recoveryCodes[0]!)).toBe('ok');
  });

  it('cannot be guessed: a limited number of wrong codes a day, from any network; a new password resets the count', async () => {
    const { email } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    const { codeAt } = await enableTwoFactorFor(here);
    for (let i = 0; i < LIMITS.code.points; i += 1) expect(await outcome(email, '000000')).toBe('wrong-code');
    expect(await outcome(email, codeAt(0))).toBe('throttled');
    await changePassword(here, { current: PASSWORD, password: PASSWORD });
    expect(await outcome(email, codeAt(0))).toBe('ok');
  });

  it('is turned off with the password, and is no longer required', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    const { recoveryCodes } = await enableTwoFactorFor(here);
    await expect(endTwoFactor(here, { password: recoveryCodes[0]! })).rejects.toMatchObject(WRONG);
    await endTwoFactor(here, { password: PASSWORD });
    await endTwoFactor(here, { password: PASSWORD });
    expect(await outcome(email, '')).toBe('ok');
    expect((await notesOf(teamId)).map(({ action }) => action)).toEqual(['user.two_factor_on', 'user.two_factor_off']);
    const { rows } = await ownerPool().query('SELECT totp_sealed, totp_since, totp_step FROM users WHERE email = $1', [
      email,
    ]);
    expect(rows).toEqual([{ totp_sealed: null, totp_since: null, totp_step: null }]);
  });
});

describe('the sessions of a user', () => {
  it('are listed with the current one marked, and nobody else’s', async () => {
    const { email } = await makeOwnerWithPassword();
    const firefox = 'Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0';
    const [one, other] = [await signInAs(email, visitor('192.0.2.7', firefox)), await signInAs(email)];
    await signInAs((await makeOwnerWithPassword()).email);
    const listed = await listSessions(one);
    expect(listed).toHaveLength(2);
    expect(listed.find(({ isThis }) => isThis)).toMatchObject({
      id: one.user.sessionId,
      browser: 'Firefox on Linux',
      address: '192.0.2.7',
    });
    expect(listed.find(({ isThis }) => !isThis)?.id).toBe(other.user.sessionId);
  });

  it('are ended one by one or all; another user’s session is answered like an unknown one', async () => {
    const [ann, bob] = [await makeOwnerWithPassword(), await makeOwnerWithPassword()];
    const [one, other, his] = [await signInAs(ann.email), await signInAs(ann.email), await signInAs(bob.email)];
    for (const id of [his.user.sessionId, newUuid7()])
      await expect(endOwnSession(one, id)).rejects.toMatchObject({ code: 'not_found', facts: {} });
    expect(await isLive(his)).toBe(true);
    await endOwnSession(one, other.user.sessionId);
    await endOwnSession(one, other.user.sessionId);
    expect([await isLive(one), await isLive(other)]).toEqual([true, false]);
    await endAllSessions(one);
    expect([await isLive(one), await isLive(his)]).toEqual([false, true]);
    expect((await notesOf(ann.teamId)).map(({ action }) => action)).toEqual([
      'user.session_ended',
      'user.sessions_ended',
    ]);
  });

  it('record their use once an hour, not with each request', async () => {
    const { email } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    const seen = async () =>
      (await ownerPool().query(`SELECT last_seen_at FROM sessions WHERE id = $1`, [here.user.sessionId])).rows[0]
        .last_seen_at as Date | null;
    await ownerPool().query(`UPDATE sessions SET last_seen_at = now() - interval '59 min' WHERE id = $1`, [
      here.user.sessionId,
    ]);
    const before = await seen();
    await markSeen(here, here.user.sessionId);
    expect(await seen()).toEqual(before);
    await ownerPool().query(`UPDATE sessions SET last_seen_at = now() - interval '61 min' WHERE id = $1`, [
      here.user.sessionId,
    ]);
    await markSeen(here, here.user.sessionId);
    expect((await seen())!.getTime()).toBeGreaterThan(before!.getTime());
  });

  it('are notified by email when one is new, from another network or browser, but never the very first', async () => {
    const { email } = await makeOwnerWithPassword();
    const [home, away] = [newAddress(), newAddress()];
    const countSent = async () => (await mailsTo(email)).filter(({ kind }) => kind === 'new-sign-in').length;
    await signInAs(email, visitor(home));
    expect(await countSent()).toBe(0);
    await signInAs(email, visitor(home.replace(/1$/, '2')));
    expect(await countSent()).toBe(0);
    await signInAs(email, visitor(away));
    expect(await countSent()).toBe(1);
    await signInAs(email, visitor(away, 'Firefox/146'));
    expect(await countSent()).toBe(2);
    expect((await mailsTo(email)).at(-1)?.facts).toEqual({ browser: 'Firefox', address: away });
    await signInAs(email, visitor(away, 'Firefox/147'));
    expect(await countSent()).toBe(2);
  });
});

describe('a visitor who uses up an account’s sign-in attempts', () => {
  it('never locks the user out where they have signed in before; unknown networks wait, for an hour at most', async () => {
    const { email } = await makeOwnerWithPassword();
    const home = newAddress();
    await signInAs(email, visitor(home));
    for (let i = 0; i < LIMITS.account.points; i += LIMITS.both.points / 2) {
      const from = visitor();
      await Promise.all(
        Array.from({ length: LIMITS.both.points / 2 }, () => signIn(from, { email, password: 'x' }, from.origin)),
      );
    }
    await expect(signInAs(email)).rejects.toThrow('throttled');
    await signInAs(email, visitor(home));
    // A hundred passwords, two at a time.
  });
});

describe('the operator', () => {
  const operatorOf = (teamId: string): Context =>
    makeContext(visitor(), {
      type: 'operator',
      teamId: asTeamId(teamId),
      currency: 'USD',
      name: 'Operator',
      channel: 'cli',
    });
  const actingMember = async (teamId: string) =>
    (await ownerPool().query<{ id: string }>('SELECT id FROM members WHERE team_id = $1', [teamId])).rows[0]!.id;
  const audited = async (teamId: string) =>
    (
      await ownerPool().query(
        'SELECT action, channel, target_id FROM audit_events WHERE team_id = $1 ORDER BY id DESC LIMIT 1',
        [teamId],
      )
    ).rows[0];

  it('gives a member’s user a new password: the old one is invalid, every session ended', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    const here = await signInAs(email);
    const memberId = await actingMember(teamId);
    const given = await givePassword(operatorOf(teamId), { memberId });
    expect(given).toEqual({ email, password: expect.stringMatching(/^(\w{5}-){3}\w{5}$/) });
    expect(await isLive(here)).toBe(false);
    await expect(signInAs(email)).rejects.toThrow('wrong');
    await signInAs(email, visitor(), given.password);
    expect(await audited(teamId)).toEqual({ action: 'member.password_given', channel: 'cli', target_id: memberId });
    expect((await mailsTo(email)).map(({ kind }) => kind)).toContain('password-changed');
  });

  it('removes a second factor that is lost', async () => {
    const { email, teamId } = await makeOwnerWithPassword();
    await enableTwoFactorFor(await signInAs(email));
    const memberId = await actingMember(teamId);
    expect(await resetTwoFactor(operatorOf(teamId), memberId)).toEqual({ email, wasOn: true });
    await signInAs(email);
    expect(await audited(teamId)).toEqual({ action: 'member.two_factor_reset', channel: 'cli', target_id: memberId });
    expect(await resetTwoFactor(operatorOf(teamId), memberId)).toEqual({ email, wasOn: false });
  });

  it('finds no user at a member with only a key, nor in another team; and no owner has these commands', async () => {
    const [team, { teamId }] = [await makeTeam(), await makeOwnerWithPassword()];
    const { id } = await addMember(team);
    const foreign = await actingMember(teamId);
    for (const memberId of [id, foreign]) {
      await expect(givePassword(team.operator, { memberId })).rejects.toMatchObject({ code: 'not_found' });
      await expect(resetTwoFactor(team.operator, memberId)).rejects.toMatchObject({ code: 'not_found' });
    }
    await expect(givePassword(team.owner, { memberId: team.ownerId })).rejects.toMatchObject({
      code: 'owner_required',
    });
    await expect(resetTwoFactor(team.owner, team.ownerId)).rejects.toMatchObject({ code: 'owner_required' });
  });
});
