import { describe, expect, it } from 'vitest';
import { eraseByOperator, eraseTrail } from '@/server/domain/privacy/erasure/write';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { revealKey } from '@/server/domain/teams/members/write';
import { reportMessages } from '@/server/domain/messaging/messages/write';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { verifyReports } from '@/server/domain/messaging/usage/read';
import { findSignedInUser } from '@/server/domain/identity/sessions/read';
import { signIn } from '@/server/domain/identity/sessions/write';
import { services } from '@/server/http/services';
import { systemContext } from '@/server/domain/core/context';
import { ProblemError } from '@/server/trpc/problem';
import { balancesOf, expectProblem, rowsOf, useApi } from '../../support/api-client';
import {
  visitorContextOf,
  networkOfUser,
  makeSignedInUser,
  PASSWORD,
  addMembership,
  setUserOfMember,
} from '../../support/users';
import { callProcedure, sessionOf } from '../../support/procedures';
import { addMember, makeTeam, ownerPool, type TestMember, type TestTeam } from '../../support/team';

const as = useApi();

type World = {
  ann: SignedInUser;
  owned: TestTeam;
  joined: TestTeam;
  own: TestMember;
  member: TestMember;
  ben: TestMember;
};
const sql = (text: string, values: unknown[] = []) => ownerPool().query(text, values);

/** Creates a user who owns one team with another owner, is a member of a second, and has left data everywhere. */
async function world(name: string): Promise<World> {
  const [owned, joined] = [await makeTeam(), await makeTeam()];
  const ann = await makeSignedInUser(name);
  const own = await addMembership(ann, owned, { role: 'owner', email: `contact.${ann.email}` });
  const there = await addMembership(ann, joined, { credit: '5', recharge: { threshold: '1', target: '5' } });
  const ben = await addMember(owned, { name: 'Ben Bystander', credit: '5' });
  const text = (of: string) => ({ to: '+14155550100', from: 'Acme', body: `Text of ${name}, ${of}` });
  // By key, by session, with stored answers, alone and as a batch; and by another member.
  for (const { key } of [own, there]) {
    await as(key).post('/messages', text('one'), { idempotencyKey: newUuid7() });
    await as(key).post('/messages/batch', { messages: [text('two'), text('three')] }, { idempotencyKey: newUuid7() });
  }
  await as(ben.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Text of a bystander' });
  const session = { ...(await sessionOf(own.key)), credential: { type: 'user' as const, id: ann.userId } };
  await callProcedure(session, 'creditMember', { memberId: ben.mem, amount: '2', note: 'kept' }, newUuid7());
  await callProcedure(session, 'updateMember', { memberId: own.mem, name: `${name} II` });
  await callProcedure(session, 'updateMember', { memberId: own.mem, name });
  await as(own.key).post(`/members/${ben.mem}/credit`, { amount: '1' });
  await as(ben.key).get('/me');
  await globalTraces(ann, owned, own);
  return { ann, owned, joined, own, member: there, ben };
}

async function globalTraces({ userId, email, name }: SignedInUser, team: TestTeam, own: TestMember): Promise<void> {
  await sql('INSERT INTO recovery_codes (user_id, digest) VALUES ($1, $2)', [userId, Buffer.from('code')]);
  await sql(
    `INSERT INTO mailed_links (id, kind, email, user_id, address, expires_at) VALUES ($1, 'reset', $2, $3, $4, now())`,
    [newUuid7(), email, userId, networkOfUser(userId)],
  );
  await sql(
    `INSERT INTO mails (id, team_id, user_id, member_id, kind, address, facts, state)
     VALUES ($1, $2, $3, $4, 'key-rotated', $5, $6, 'sent'), ($7, NULL, NULL, NULL, 'sign-up', $5, '{}', 'queued'),
       ($8, $2, NULL, $4, 'role-changed', 'somebody@else.test', $6, 'sent')`,
    [newUuid7(), team.teamId, userId, own.id, email, JSON.stringify({ name }), newUuid7(), newUuid7()],
  );
  await sql('UPDATE api_keys SET last_used_address = $1 WHERE member_id = $2', [networkOfUser(userId), own.id]);
  await sql(`INSERT INTO mailbox (id, address, subject, html, text) VALUES ($1, $2, 'Hello', $3, $3)`, [
    newUuid7(),
    email,
    `Hello ${name}`,
  ]);
  await sql(
    `INSERT INTO invitations (team_id, id, email, name, role, status, expires_at, actor_type, actor_id, actor_name)
     VALUES ($1, $2, $3, $4, 'member', 'pending', now() + interval '7 days', 'user', $5, $4),
       ($1, $6, $7, 'Cid Bystander', 'member', 'pending', now() + interval '7 days', 'user', $5, $4)`,
    [team.teamId, newUuid7(), email, name, userId, newUuid7(), `cid-${newUuid7()}@example.test`],
  );
}

const deliver = async (team: TestTeam): Promise<void> => {
  const { rows } = await sql(`SELECT id FROM messages WHERE team_id = $1 AND status = 'queued'`, [team.teamId]);
  const reports = (rows as { id: string }[]).map(({ id }) => ({ id, status: 'delivered' as const }));
  await reportMessages(team.operator, reports);
};

/** Runs the erasure jobs that were enqueued. */
async function runTrails(...teams: TestTeam[]): Promise<boolean> {
  let waiting = false;
  for (const { teamId } of teams) {
    const { rows } = await sql(`SELECT payload FROM outbox WHERE team_id = $1 AND task = 'erase-trail'`, [teamId]);
    for (const { payload } of rows as { payload: { memberId: string; until: string } }[]) {
      waiting = (await eraseTrail(systemContext(services(), teamId), payload)).waiting || waiting;
    }
  }
  return waiting;
}

/** Returns every row of the database that contains one of some words, as `table: row`. */
async function found(words: string[]): Promise<string[]> {
  const { rows: tables } = await sql(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
       AND table_name !~ '^messages_[p0-9d]'`,
  );
  const rows: string[] = [];
  for (const { name } of tables as { name: string }[]) {
    const hits = await sql(`SELECT t::text AS row FROM ${name} t WHERE t::text ILIKE ANY ($1)`, [
      words.map((word) => `%${word}%`),
    ]);
    rows.push(...(hits.rows as { row: string }[]).map(({ row }) => `${name}: ${row}`));
  }
  return rows;
}

const wordsOf = ({ userId, name, email }: SignedInUser): string[] => [
  name,
  email,
  `Text of ${name}`,
  networkOfUser(userId),
];
const problemOf = (asked: Promise<unknown>) =>
  asked.then(
    () => null,
    (error: unknown) => (error instanceof ProblemError ? error.problem : Promise.reject(error as Error)),
  );

describe('erasing one’s own data', () => {
  it('leaves no word of the user in any row of any table', async () => {
    const { ann, owned, joined } = await world('Zoë Unmistakable');
    await sql(`UPDATE audit_events SET address = $2 WHERE actor_id = $1`, [ann.userId, networkOfUser(ann.userId)]);
    await Promise.all([deliver(owned), deliver(joined)]);
    expect((await found(wordsOf(ann))).length).toBeGreaterThan(20);
    expect(await visitorContextOf(ann).eraseMe({ password: PASSWORD })).toMatchObject({ members: 2 });
    // At once everything is erased but the tables that can be long.
    const left = (await found(wordsOf(ann))).map((row) => row.split(':')[0]);
    expect(new Set(left)).toEqual(new Set(['messages', 'transfers']));
    expect(await runTrails(owned, joined)).toBe(false);
    expect(await found(wordsOf(ann))).toEqual([]);
    const { rows } = await sql(
      'SELECT answer FROM idempotency_keys k JOIN members m USING (team_id) WHERE m.id = k.member_id AND m.name = $1',
      ['Erased person'],
    );
    expect(rows.map(({ answer }) => answer as unknown)).toEqual(rows.map(() => null));
    expect(rows).toHaveLength(5);
  });

  it('signs out at once, and signing in is no longer possible', async () => {
    const { ann, own } = await world('Una Gone');
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    expect(await findSignedInUser(services(), ann.sessionId)).toBeNull();
    expectProblem(await as(own.key).get('/me'), 'invalid_key');
    const tried = await signIn(services(), { email: ann.email, password: PASSWORD }, { address: null, agent: null });
    expect(tried).toEqual({ ok: false, reason: 'wrong' });
  });

  it('moves no money and changes no count: ledger and reports still verify', async () => {
    const { ann, owned, joined, member: there } = await world('Mona Moneyless');
    await Promise.all([deliver(owned), deliver(joined)]);
    const ledger = async () =>
      (
        await sql(
          `SELECT to_jsonb(t) - 'actor_name' AS row FROM transfers t WHERE team_id IN ($1, $2)
           UNION ALL SELECT to_jsonb(e) FROM entries e WHERE team_id IN ($1, $2)
           UNION ALL SELECT to_jsonb(u) FROM usage_daily u WHERE team_id IN ($1, $2)
           UNION ALL SELECT to_jsonb(m) - 'body' FROM messages m WHERE team_id IN ($1, $2) ORDER BY 1`,
          [owned.teamId, joined.teamId],
        )
      ).rows;
    const before = [await ledger(), await balancesOf(owned), await balancesOf(joined)];
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    await runTrails(owned, joined);
    expect([await ledger(), await balancesOf(owned), await balancesOf(joined)]).toEqual(before);
    expect(await verifyLedger(services().database.db)).toMatchObject({ ok: true });
    expect((await verifyReports(services().database.db)).problems).toEqual([]);
    const { body } = await as(joined.ownerKey).get(`/members/${there.mem}`);
    expect(body).toMatchObject({ name: 'Erased person', status: 'active', role: 'member', balance: '4.97' });
    expect(body.email).toMatch(/^erased-.*@members\.invalid$/);
    const log = (await as(joined.ownerKey).get(`/messages?memberId=${there.mem}`)).body.data;
    expect(log.map((one: { body: string; cost: string }) => [one.body, one.cost])).toEqual([
      ['', '0.01'],
      ['', '0.01'],
      ['', '0.01'],
    ]);
  });

  it('touches no row of another team, and nobody else’s rows in the user’s teams', async () => {
    const [one, other] = [await world('Petra Private'), await world('Otto Other')];
    await Promise.all([deliver(one.owned), deliver(one.joined)]);
    const others = async () => [await rowsOf(other.owned), await rowsOf(other.joined)];
    const words = ['Ben Bystander', 'Text of a bystander', 'First Owner', 'Cid Bystander'];
    const near = async () =>
      (await found(words))
        .filter((row) => row.includes(one.owned.teamId) && !row.includes('Petra') && !row.includes('Erased'))
        .toSorted();
    const [far, nearby] = [await others(), await near()];
    await visitorContextOf(one.ann).eraseMe({ password: PASSWORD });
    await runTrails(one.owned, one.joined);
    expect(await others()).toEqual(far);
    expect(await near()).toEqual(nearby);
    expect((await found(wordsOf(other.ann))).length).toBeGreaterThan(20);
  });

  it('requires the password, and counts a wrong one as a failed sign-in', async () => {
    const ann = await makeSignedInUser();
    const team = await makeTeam();
    await addMembership(ann, team);
    const before = await rowsOf(team);
    expect(await problemOf(visitorContextOf(ann).eraseMe({ password: 'not the password' }))).toMatchObject({
      code: 'invalid_request',
      errors: [{ pointer: '/password' }],
    });
    expect(await rowsOf(team)).toEqual(before);
    for (let i = 0; i < 9; i += 1) await problemOf(visitorContextOf(ann).eraseMe({ password: 'not the password' }));
    expect(await problemOf(visitorContextOf(ann).eraseMe({ password: PASSWORD }))).toMatchObject({
      code: 'rate_limited',
    });
    expect((await visitorContextOf(ann).listMemberships()).length).toBe(1);
  });

  it('is refused while a team would have no owner, which it names, and erases nothing then', async () => {
    const [team, other] = [await makeTeam({ name: 'Lonely & Sons' }), await makeTeam()];
    const ann = await makeSignedInUser('Ann Last');
    await setUserOfMember(ann, team, team.ownerId);
    await addMembership(ann, other);
    const before = [await rowsOf(team), await rowsOf(other)];
    const problem = await problemOf(visitorContextOf(ann).eraseMe({ password: PASSWORD }));
    expect(problem).toMatchObject({ code: 'last_owner' });
    expect(problem!.detail).toContain('“Lonely & Sons”');
    expect([await rowsOf(team), await rowsOf(other)]).toEqual(before);
    expect(await findSignedInUser(services(), ann.sessionId)).toMatchObject(ann);
  });

  it('is audited in each team, without a name', async () => {
    const { ann, joined, member: there } = await world('Lena Logged');
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    const { data } = (await as(joined.ownerKey).get('/audit-events?action=user.erased')).body;
    expect(data).toMatchObject([
      {
        actor: { type: 'user', id: printId('usr', ann.userId), name: 'Erased person' },
        address: null,
        targetId: there.mem,
        targetName: 'Erased person',
      },
    ]);
  });

  it('keeps the text of a message in progress until its final status', async () => {
    const { ann, owned, joined } = await world('Willa Waiting');
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    expect(await runTrails(owned, joined)).toBe(true);
    expect(new Set((await found(wordsOf(ann))).map((row) => row.split(':')[0]))).toEqual(new Set(['messages']));
    await Promise.all([deliver(owned), deliver(joined)]);
    expect(await runTrails(owned, joined)).toBe(false);
    expect(await found(wordsOf(ann))).toEqual([]);
  });

  it('reaches data left with a member that another user has since, and nothing of that other user', async () => {
    const team = await makeTeam();
    const [ann, ben] = [await makeSignedInUser('Lia Left'), await makeSignedInUser('Nora Next')];
    const { id, key } = await addMembership(ann, team, { credit: '5' });
    await as(key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Text of Lia Left' });
    await deliver(team);
    await visitorContextOf(ann).leaveTeam({ teamId: team.id });
    await setUserOfMember(ben, team, id);
    await sql('UPDATE members SET name = $1, email = $2 WHERE team_id = $3 AND id = $4', [
      ben.name,
      ben.email,
      team.teamId,
      id,
    ]);
    const rotated = (await as(team.ownerKey).post(`/members/${printId('mem', id)}/key/rotate`)).body.secrets.apiKey;
    await as(rotated).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Text of Nora Next' });
    await deliver(team);
    const next = await found([ben.name, ben.email]);
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    await runTrails(team);
    expect(await found(wordsOf(ann))).toEqual([]);
    expect(await found([ben.name, ben.email])).toEqual(next);
    expect((await visitorContextOf(ben).listMemberships()).length).toBe(1);
  });
});

describe('a user who never verified the sign-in address', () => {
  /**
   * Creates an unverified account under another's address, with data that teams and emails hold about the real owner of
   * the address.
   */
  async function makeImpostor() {
    const impostor = await makeSignedInUser('Sly Squatter');
    await sql('UPDATE users SET email_proven_at = NULL WHERE id = $1', [impostor.userId]);
    const [own, victim] = [await makeTeam(), await makeTeam({ name: 'Target Ltd' })];
    const made = await addMembership(impostor, own);
    const member = await addMember(victim, { name: 'Vera Victim', email: impostor.email, credit: '5' });
    await as(member.key).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Text of Vera' });
    await deliver(victim);
    await sql(
      `INSERT INTO invitations (team_id, id, email, role, status, expires_at, actor_type, actor_name)
       VALUES ($1, $2, $3, 'member', 'pending', now() + interval '7 days', 'operator', 'Operator')`,
      [victim.teamId, newUuid7(), impostor.email],
    );
    const mail = `INSERT INTO mails (id, team_id, kind, address, state) VALUES ($1, $2, 'invitation', $3, 'queued')`;
    await sql(mail, [newUuid7(), victim.teamId, impostor.email]);
    return { impostor, own, made, victim };
  }

  const knownOf = async ({ impostor, victim }: Awaited<ReturnType<typeof makeImpostor>>) => [
    await rowsOf(victim),
    (await sql('SELECT address, state FROM mails WHERE team_id = $1 ORDER BY id', [victim.teamId])).rows,
    (await sql(`SELECT email, status FROM invitations WHERE email = $1`, [impostor.email])).rows,
    (await sql(`SELECT body FROM messages WHERE team_id = $1`, [victim.teamId])).rows,
  ];

  it('erases themselves and their own data, and nothing that belongs to the real owner of the address', async () => {
    const world = await makeImpostor();
    const before = await knownOf(world);
    await visitorContextOf(world.impostor).eraseMe({ password: PASSWORD });
    await runTrails(world.own, world.victim);
    expect(await knownOf(world)).toEqual(before);
    expect(await found(['Sly Squatter'])).toEqual([]);
  });

  it('erases the members that they left, too', async () => {
    const { impostor, own, made } = await makeImpostor();
    await visitorContextOf(impostor).leaveTeam({ teamId: own.id });
    await visitorContextOf(impostor).eraseMe({ password: PASSWORD });
    await runTrails(own);
    expect(await found(['Sly Squatter'])).toEqual([]);
    const { rows } = await sql('SELECT email FROM members WHERE id = $1', [made.id]);
    expect(rows[0].email).toMatch(/^erased-/);
  });

  it('exports nothing that was sent to the address', async () => {
    const { impostor } = await makeImpostor();
    const data = await visitorContextOf(impostor).exportMe();
    expect([data.mails, data.invitations]).toEqual([[], []]);
    expect(JSON.stringify(data)).not.toContain('Target Ltd');
  });

  it('affects nobody by entering another’s address as the contact of their own member', async () => {
    const { ann, owned, own } = await world('Cora Contact');
    const [victim, team] = [await makeSignedInUser('Vic Victim'), await makeTeam()];
    const held = await addMembership(victim, team);
    const mail = `INSERT INTO mails (id, team_id, member_id, kind, address, state) VALUES ($1, $2, $3, 'role-changed', $4, 'queued')`;
    await sql(mail, [newUuid7(), team.teamId, held.id, victim.email]);
    await sql(`INSERT INTO mailed_links (id, kind, email, expires_at) VALUES ($1, 'reset', $2, now())`, [
      newUuid7(),
      victim.email,
    ]);
    await as(owned.ownerKey).patch(`/members/${own.mem}`, { email: victim.email });
    const known = async () => [
      (await sql('SELECT address, state FROM mails WHERE team_id = $1', [team.teamId])).rows,
      (await sql('SELECT id FROM mailed_links WHERE email = $1', [victim.email])).rows,
    ];
    const before = await known();
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    expect(await known()).toEqual(before);
    expect(before[1]).toHaveLength(1);
  });
});

describe('erasing by the operator', () => {
  it('is completed, and changes nothing when repeated', async () => {
    const { ann, owned, joined } = await world('Olga Operated');
    await Promise.all([deliver(owned), deliver(joined)]);
    const erased = await eraseByOperator(services(), ann.email.toUpperCase());
    expect(erased).toMatchObject({ members: 2, waiting: false });
    expect(await found(wordsOf(ann))).toEqual([]);
    await expect(eraseByOperator(services(), ann.email)).rejects.toMatchObject({ code: 'not_found' });
    const before = [await rowsOf(owned), await rowsOf(joined)];
    const again = await eraseByOperator(services(), `erased-${ann.userId}@members.invalid`);
    expect(again).toMatchObject({ erasedAt: erased.erasedAt, members: 0 });
    expect([await rowsOf(owned), await rowsOf(joined)]).toEqual(before);
  });

  it('keeps what the member does afterwards without a user', async () => {
    const { ann, owned, joined, member: there } = await world('Ada After');
    await Promise.all([deliver(owned), deliver(joined)]);
    await visitorContextOf(ann).eraseMe({ password: PASSWORD });
    const { apiKey } = await revealKey(joined.owner, there.id);
    await as(apiKey).post('/messages', { to: '+14155550100', from: 'Acme', body: 'Of a machine' });
    await deliver(joined);
    await runTrails(owned, joined);
    expect(await found(wordsOf(ann))).toEqual([]);
    expect(await found(['Of a machine'])).toHaveLength(1);
  });

  it('continues where it was interrupted', async () => {
    const { ann, owned, joined } = await world('Brita Broken');
    await Promise.all([deliver(owned), deliver(joined)]);
    // Stops after the first team: the second key cannot be made.
    const { vault, ...rest } = services();
    let keys = 0;
    const seal = (text: string) => {
      keys += 1;
      if (keys === 2) throw new Error('broken off');
      return vault.seal(text);
    };
    await expect(eraseByOperator({ ...rest, vault: { ...vault, seal } }, ann.email)).rejects.toThrow('broken off');
    expect((await visitorContextOf(ann).listMemberships()).length).toBe(1);
    await eraseByOperator(services(), ann.email);
    await runTrails(owned, joined);
    expect(await found(wordsOf(ann))).toEqual([]);
  });
});

describe('a user’s data export', () => {
  it('is one file of everything, without a secret', async () => {
    const { ann, owned, joined, own, member: there } = await world('Edda Exported');
    const data = await visitorContextOf(ann).exportMe();
    expect(data.user).toMatchObject({ name: ann.name, email: ann.email, hasPassword: true });
    expect(data.memberships.map(({ id }) => id)).toEqual([own.mem, there.mem]);
    expect(data.memberships[0]).toMatchObject({ team: { id: owned.id }, email: `contact.${ann.email}` });
    expect(data.memberships[1]!.messages).toMatch(new RegExp(`/export/messages\\?memberId=${there.mem}$`));
    expect(data.sessions).toMatchObject([{ address: networkOfUser(ann.userId), agent: 'a browser' }]);
    expect(data.mails.map(({ kind }) => kind).toSorted()).toEqual(['key-rotated', 'sign-up']);
    expect(data.invitations).toMatchObject([{ email: ann.email, status: 'pending' }]);
    expect(data.auditEvents.map(({ action }) => action)).toContain('member.credited');
    expect(JSON.stringify(data)).not.toMatch(/\$argon2|pur_live_|digest|sealed|First Owner/);
    for (const team of [owned, joined]) {
      const events = (await as(team.ownerKey).get('/audit-events?action=user.data_exported')).body.data;
      expect(events).toMatchObject([{ actor: { type: 'user', name: ann.name } }]);
    }
  });

  it('is only for that user', async () => {
    const [one, other] = [await world('Anna One'), await world('Anja Other')];
    const text = JSON.stringify(await visitorContextOf(one.ann).exportMe());
    expect(text).not.toContain(other.ann.name);
    expect(text).not.toContain('Bystander');
  });
});
