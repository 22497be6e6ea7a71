import { describe, expect, it } from 'vitest';
import { watchQueries } from '@/bench/timing';
import { openDatabase } from '@/db/client';
import { getSignUpLink, getWays } from '@/server/domain/teams/onboarding/read';
import { setupCode } from '@/server/domain/teams/onboarding/rules';
import { requestSignUp, createFirstTeam, signUp } from '@/server/domain/teams/onboarding/write';
import { newUuid7 } from '@/server/domain/core/ids';
import { linkToken, parseLinkToken } from '@/server/domain/identity/email-links/rules';
import { useUpLink, mailLink } from '@/server/domain/identity/email-links/write';
import { inUserTransaction, type VisitorContext } from '@/server/domain/core/user-context';
import { getProfile } from '@/server/domain/identity/users/read';
import { listMemberships } from '@/server/domain/identity/sessions/read';
import { signIn } from '@/server/domain/identity/sessions/write';
import { LIMITS } from '@/server/domain/identity/login-throttle/rules';
import { ownDatabase } from '../../support/database';
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
import { ownerPool } from '../../support/team';
import { getResetLink } from '@/server/domain/identity/passwords/read';
import { requestPasswordReset, resetPassword } from '@/server/domain/identity/passwords/write';

const NEW = 'another horse, another battery';

/** Requests a link, runs the job that emails it, and returns its token, or null when nothing was emailed. */
async function mailedLink(ctx: VisitorContext, email: string, ask = requestPasswordReset): Promise<string | null> {
  expect(await ask(ctx, { email })).toEqual({ done: true });
  const { rows } = await ownerPool().query<{ id: string }>(
    `SELECT l.id FROM mailed_links l JOIN outbox o ON o.task = 'mail-link' AND o.payload->>'linkId' = l.id::text
     WHERE l.email = $1 ORDER BY l.id DESC LIMIT 1`,
    [email],
  );
  const before = (await mailsTo(email)).length;
  await mailLink(ctx, rows[0]!.id);
  const mail = (await mailsTo(email))[before];
  return mail ? linkToken(ctx.vault, mail.about!) : null;
}

describe('resetting a forgotten password', () => {
  it('works once with the emailed link: the address is verified, every session ended, and both are notified and audited', async () => {
    const { email, userId, teamId } = await makeOwnerWithPassword();
    const ctx = visitor();
    const [one, other] = [await signInAs(email), await signInAs(email)];
    const token = (await mailedLink(ctx, email))!;
    expect(await getResetLink(ctx, { token })).toEqual({ email });
    expect(await resetPassword(ctx, { token, password: NEW })).toEqual({ email });
    expect([await isLive(one), await isLive(other)]).toEqual([false, false]);
    expect(await signIn(ctx, { email, password: PASSWORD }, ctx.origin)).toMatchObject({ reason: 'wrong' });
    const again = await signInAs(email, ctx, NEW);
    expect(await getProfile(again)).toMatchObject({ email, isProven: true });
    expect((await mailsTo(email)).map(({ kind }) => kind)).toEqual([
      'new-sign-in',
      'password-reset',
      'password-changed',
      'new-sign-in',
    ]);
    expect(await notesOf(teamId)).toEqual([
      { action: 'user.password_changed', address: ctx.origin.address, actor_name: 'Somebody' },
    ]);
    expect(again.user.userId).toBe(userId);
    await expect(resetPassword(ctx, { token, password: NEW })).rejects.toMatchObject({ code: 'not_found' });
    expect(await getResetLink(ctx, { token })).toEqual({ email: null });
  });

  it('succeeds once when many use the link at the same moment', async () => {
    const { email } = await makeOwnerWithPassword();
    const token = (await mailedLink(visitor(), email))!;
    const words = Array.from({ length: 6 }, (_, i) => `${NEW} ${i}`);
    const all = await Promise.allSettled(words.map((password) => resetPassword(visitor(), { token, password })));
    expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const won = all.findIndex(({ status }) => status === 'fulfilled');
    await signInAs(email, visitor(), words[won]);
  });

  it('is not triggered by opening the link, however often', async () => {
    const { email } = await makeOwnerWithPassword();
    const token = (await mailedLink(visitor(), email))!;
    for (let i = 0; i < 20; i += 1) expect(await getResetLink(visitor(), { token })).toEqual({ email });
    const { rows } = await ownerPool().query('SELECT used_at FROM mailed_links WHERE email = $1', [email]);
    expect(rows).toEqual([{ used_at: null }]);
    await signInAs(email);
    await resetPassword(visitor(), { token, password: NEW });
  });

  it('is refused after an hour, for a link of another kind, for an older link once a newer was used, and for a forged one', async () => {
    const { email } = await makeOwnerWithPassword();
    const ctx = visitor();
    const dead = async (token: string) => {
      expect(await getResetLink(ctx, { token })).toEqual({ email: null });
      await expect(resetPassword(ctx, { token, password: NEW })).rejects.toMatchObject({ code: 'not_found' });
    };
    const late = (await mailedLink(ctx, email))!;
    await ownerPool().query(
      `UPDATE mailed_links SET created_at = created_at - interval '1 h', expires_at = expires_at - interval '1 h' WHERE email = $1`,
      [email],
    );
    await dead(late);
    // A link that was opened in time is too late all the same.
    const id = parseLinkToken(ctx.vault, late)!;
    expect(await inUserTransaction(ctx, (tx) => useUpLink(tx, id, 'reset'))).toBeNull();
    await dead((await mailedLink(ctx, email, requestSignUp))!);
    const [first, second] = [(await mailedLink(ctx, email))!, (await mailedLink(ctx, email))!];
    await resetPassword(ctx, { token: second, password: NEW });
    await dead(first);
    await dead(linkToken(ctx.vault, newUuid7()));
    await dead('');
    await signInAs(email, ctx, NEW);
  });

  it('answers an unknown address alike, after the same statements, and emails nothing', async () => {
    const { email } = await makeOwnerWithPassword();
    const nobody = `nobody-${newUuid7()}@example.test`;
    const said: string[][] = [];
    for (const one of [nobody, email, nobody]) {
      const texts: string[] = [];
      const note = (text: string) => void texts.push(text.replace(/'[^']*'/g, '?').replace(/\s+/g, ' '));
      await watchQueries(() => requestPasswordReset(visitor(), { email: one }), note);
      said.push(texts.filter((text) => !text.startsWith('DELETE')));
    }
    expect(said[1]).toEqual(said[2]);
    expect(said[1]!.length).toBeGreaterThanOrEqual(5);
    expect(await mailedLink(visitor(), nobody)).toBeNull();
    expect(await mailsTo(nobody)).toEqual([]);
  });

  it('is limited per address and per network, whether the address is known or not', async () => {
    const { email } = await makeOwnerWithPassword();
    for (const one of [email, `nobody-${newUuid7()}@example.test`]) {
      for (let i = 0; i < LIMITS.mailed.points; i += 1) await requestPasswordReset(visitor(), { email: one });
      await expect(requestPasswordReset(visitor(), { email: one })).rejects.toMatchObject({ code: 'rate_limited' });
    }
    const ctx = visitor(newAddress());
    for (let i = 0; i < LIMITS.asked.points; i += 1) await requestPasswordReset(ctx, { email: `${i}-${email}` });
    await expect(requestPasswordReset(ctx, { email: `x-${email}` })).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('ends the lockout after too many failed sign-ins', async () => {
    const { email } = await makeOwnerWithPassword();
    const ctx = visitor();
    for (let i = 0; i < LIMITS.both.points; i += 1) await signIn(ctx, { email, password: `wrong ${i}` }, ctx.origin);
    await expect(signInAs(email, ctx)).rejects.toThrow('throttled');
    await resetPassword(ctx, { token: (await mailedLink(ctx, email))!, password: NEW });
    await signInAs(email, ctx, NEW);
  });

  it('keeps the second factor of a user with a verified address; of an unverified one it removes it with the codes', async () => {
    const { email } = await makeOwnerWithPassword();
    const ctx = await signInAs(email);
    await enableTwoFactorFor(ctx);
    await resetPassword(ctx, { token: (await mailedLink(ctx, email))!, password: PASSWORD });
    // The address was unverified, so another user may have set the factor up.
    const signedIn = await signInAs(email, visitor());
    expect(await getProfile(signedIn)).toMatchObject({ twoFactorSince: null, recoveryCodesLeft: 0 });
    const { codeAt } = await enableTwoFactorFor(signedIn);
    await resetPassword(signedIn, { token: (await mailedLink(signedIn, email))!, password: NEW });
    await expect(signInAs(email, visitor(), NEW)).rejects.toThrow('code');
    await signInAs(email, visitor(), NEW, codeAt(0));
  });
});

describe('signing up', () => {
  const wanted = { team: 'Fresh Team', currency: 'EUR', name: 'Fresh Person', password: NEW };

  it('creates a team and its owner with a verified address, once, and audits who did it', async () => {
    const email = `fresh-${newUuid7()}@example.test`;
    const ctx = visitor();
    const token = (await mailedLink(ctx, email, requestSignUp))!;
    expect(await getSignUpLink(ctx, { token })).toEqual({ email, name: null });
    const results = await Promise.allSettled(Array.from({ length: 4 }, () => signUp(ctx, { token, ...wanted })));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const entered = await signInAs(email, ctx, NEW);
    expect(await getProfile(entered)).toMatchObject({ name: 'Fresh Person', isProven: true });
    const memberships = await listMemberships(ctx, entered.user.userId);
    expect(memberships).toMatchObject([{ team: { name: 'Fresh Team', currency: 'EUR' }, member: { role: 'owner' } }]);
    const { rows } = await ownerPool().query(
      `SELECT action, actor_type, actor_name, channel, address FROM audit_events WHERE team_id = $1`,
      [memberships[0]!.team.id],
    );
    const by = { actor_type: 'user', actor_name: 'Fresh Person', channel: 'web', address: ctx.origin.address };
    expect(rows).toContainEqual({ action: 'team.created', ...by });
  });

  it('gives a user with a verified address another team, and changes nothing else about them', async () => {
    const { email } = await makeOwnerWithPassword();
    await resetPassword(visitor(), { token: (await mailedLink(visitor(), email))!, password: PASSWORD });
    const here = await signInAs(email);
    const token = (await mailedLink(visitor(), email, requestSignUp))!;
    expect(await getSignUpLink(visitor(), { token })).toEqual({ email, name: 'Somebody' });
    await signUp(visitor(), { token, ...wanted });
    expect(await isLive(here)).toBe(true);
    const again = await signInAs(email);
    expect((await listMemberships(again, again.user.userId)).map(({ team }) => team.name)).toEqual([
      'Fresh Team',
      'Somewhere',
    ]);
  });

  it('gives an account to the owner of the address when another user had created it unverified', async () => {
    const { email } = await makeOwnerWithPassword();
    const stranger = await signInAs(email);
    await enableTwoFactorFor(stranger);
    await signUp(visitor(), { token: (await mailedLink(visitor(), email, requestSignUp))!, ...wanted });
    expect(await isLive(stranger)).toBe(false);
    await expect(signInAs(email)).rejects.toThrow('wrong');
    expect(await getProfile(await signInAs(email, visitor(), NEW))).toMatchObject({
      isProven: true,
      twoFactorSince: null,
    });
  });

  it('does not exist where it is closed, or where no email can be sent', async () => {
    for (const shut of [{ signUp: 'closed' as const }, { mail: null }]) {
      const ctx = { ...visitor(), ...shut };
      await expect(requestSignUp(ctx, { email: 'a@example.test' })).rejects.toMatchObject({ code: 'not_found' });
      await expect(getSignUpLink(ctx, { token: '' })).rejects.toMatchObject({ code: 'not_found' });
      await expect(signUp(ctx, { token: '', ...wanted })).rejects.toMatchObject({ code: 'not_found' });
      expect(await getWays(ctx)).toMatchObject({ signUp: false });
    }
  });
});

describe('the first start', () => {
  it('creates one team with the printed code, however many use it at once, and then no longer exists', async () => {
    const own = await ownDatabase();
    const database = openDatabase(own.appUrl, { max: 6 });
    try {
      const ctx = { ...visitor(), database };
      const code = setupCode(ctx.vault);
      const owner = { team: 'First', currency: 'USD', name: 'Owner', email: 'first@example.test', password: PASSWORD };
      expect(await getWays(ctx)).toMatchObject({ setup: true });
      await expect(createFirstTeam(ctx, { ...owner, code: 'guess' })).rejects.toMatchObject({
        code: 'invalid_request',
      });
      const all = await Promise.allSettled(
        Array.from({ length: 5 }, (_, i) => createFirstTeam(ctx, { ...owner, email: `${i}@example.test`, code })),
      );
      expect(all.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const refused = all.filter((one) => one.status === 'rejected').map(({ reason }) => reason.code);
      expect(new Set(refused)).toEqual(new Set(['not_found']));
      const { rows } = await database.pool.query(
        `SELECT (SELECT count(*)::int FROM teams) AS teams, (SELECT count(*)::int FROM members) AS members, (SELECT count(*)::int FROM users) AS users`,
      );
      expect(rows).toEqual([{ teams: 1, members: 1, users: 1 }]);
      expect(await getWays(ctx)).toMatchObject({ setup: false });
      await expect(createFirstTeam(ctx, { ...owner, code })).rejects.toMatchObject({ code: 'not_found' });
    } finally {
      await database.pool.end();
      await own.drop();
    }
  });

  it('limits the guesses from one network', async () => {
    const own = await ownDatabase();
    const database = openDatabase(own.appUrl, { max: 2 });
    try {
      const ctx = { ...visitor(), database };
      const guess = { team: 'T', currency: 'USD', name: 'O', email: 'o@example.test', password: PASSWORD };
      for (let i = 0; i < LIMITS.setup.points; i += 1)
        await expect(createFirstTeam(ctx, { ...guess, code: `${i}` })).rejects.toMatchObject({
          code: 'invalid_request',
        });
      const right = createFirstTeam(ctx, { ...guess, code: setupCode(ctx.vault) });
      await expect(right).rejects.toMatchObject({ code: 'rate_limited' });
    } finally {
      await database.pool.end();
      await own.drop();
    }
  });
});
