import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { setAlerts, sendAlert } from '@/server/domain/notifications/alerts/write';
import { listOwnAlerts, listTeamAlerts } from '@/server/domain/notifications/alerts/read';
import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { creditMember, debitMember, fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { deactivateMember, deleteMember, restoreMember, setRole } from '@/server/domain/teams/members/write';
import { sendMessage } from '@/server/domain/messaging/messages/write';
import type { UserContext } from '@/server/domain/core/user-context';
import { setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { updateSettings, updateTeam } from '@/server/domain/teams/teams/write';
import { systemContext } from '@/server/domain/core/context';
import { type Mailer, type OutgoingMail, MailError } from '@/server/outbound/mail/mailer';
import { auditOf } from '../../support/api-client';
import { doJobs, mailing, mailsOf, type MailRow } from '../../support/mail';
import { HERE } from '../../support/procedures';
import { addMember, ctxOf, makeTeam, micros, ownerPool, type TestMember, type TestTeam } from '../../support/team';

const takesAll: Mailer = { name: 'stand-in', send: async () => ({ providerId: null }) };

let team: TestTeam;
let made = 0;
const someAddress = (): string => `alert-${(made += 1)}-${process.pid}@example.test`;
beforeEach(async () => {
  team = await makeTeam({ fund: '100.00' });
});

const member = (input: object = {}): Promise<TestMember> => addMember(team, { email: someAddress(), ...input });
const lowBelow = (below: string | null) =>
  updateSettings(team.operator, { memberLowBalance: below === null ? null : micros(below) });
const credit = (membership: TestMember, amount: string) =>
  creditMember(team.operator, { memberId: membership.id, amount: micros(amount) });
const debit = (membership: TestMember, amount: string) =>
  debitMember(team.operator, { memberId: membership.id, amount: micros(amount) });

/** Runs the enqueued jobs and returns the new alerts with their recipients, sorted. */
async function sentAlerts(of: TestTeam = team): Promise<string[]> {
  await doJobs(takesAll);
  return (await mailsOf(of.teamId)).map(nameOf).toSorted();
}
const nameOf = ({ kind, address, member_id }: MailRow): string =>
  `${kind} to ${member_id === team.ownerId ? 'owner' : address}`;

/** Moves all emails back in time by an interval. */
const later = (interval: string) =>
  ownerPool().query(`UPDATE mails SET created_at = created_at - $2::interval WHERE team_id = $1 OR team_id IS NULL`, [
    team.teamId,
    interval,
  ]);

const low = async (id: string) =>
  (await ownerPool().query<{ low_since: Date | null }>('SELECT low_since FROM ledger_accounts WHERE id = $1', [id]))
    .rows[0]!.low_since;

describe('a low-balance alert', () => {
  it('goes once to the owners and the member, and again only after the balance was above the threshold', async () => {
    const membership = await member({ credit: '10' });
    const email = membership.member.email;
    await lowBelow('5');
    await debit(membership, '5');
    expect(await sentAlerts()).toEqual([]);
    await debit(membership, '0.01');
    const once = [`low-balance to ${email}`, 'low-balance to owner'].toSorted();
    expect(await sentAlerts()).toEqual(once);
    await debit(membership, '1');
    await credit(membership, '0.5');
    expect(await sentAlerts()).toEqual(once);
    await credit(membership, '10');
    expect(await low(membership.id)).toBeNull();
    await later('25 hours');
    await debit(membership, '10');
    expect(await sentAlerts()).toEqual([...once, ...once].toSorted());
    const [mail] = await mailsOf(team.teamId);
    expect(mail!.facts).toEqual({ balance: '4990000', below: '5000000', master: null });
  });

  it('goes only to the owners for the master balance', async () => {
    await member({ credit: '1' });
    await updateTeam(team.owner, { lowBalance: micros('50') });
    await withdrawFromTeam(team.operator, { amount: micros('49') });
    expect(await sentAlerts()).toEqual([]);
    await withdrawFromTeam(team.operator, { amount: micros('1') });
    expect(await sentAlerts()).toEqual(['low-balance to owner']);
    await withdrawFromTeam(team.operator, { amount: micros('1') });
    expect(await sentAlerts()).toEqual(['low-balance to owner']);
  });

  it('follows a changed threshold: sent for the master balance, only shown for members', async () => {
    const membership = await member({ credit: '10' });
    await updateTeam(team.operator, { lowBalance: micros('500') });
    expect(await sentAlerts()).toEqual(['low-balance to owner']);
    await updateTeam(team.owner, { lowBalance: micros('1') });
    expect(await low(team.teamId)).toBeNull();
    await lowBelow('20');
    expect(await low(membership.id)).not.toBeNull();
    await lowBelow(null);
    expect(await low(membership.id)).toBeNull();
    await updateTeam(team.owner, { lowBalance: null });
    await withdrawFromTeam(team.operator, { amount: micros('89') });
    expect(await sentAlerts()).toEqual(['low-balance to owner']);
  });

  it('is not sent for a member that is new and empty, inactive, an owner, or deleted and restored', async () => {
    await lowBelow('5');
    const fresh = await member();
    expect(await low(fresh.id)).not.toBeNull();
    const [resting, owner, gone] = [
      await member({ credit: '9' }),
      await member({ credit: '9', role: 'owner' }),
      await member({ credit: '9' }),
    ];
    await deactivateMember(team.operator, resting.id);
    await debit(resting, '9');
    await debit(owner, '9');
    await deleteMember(team.operator, gone.id);
    expect(await low(gone.id)).toBeNull();
    await restoreMember(team.operator, gone.id);
    expect(await low(gone.id)).not.toBeNull();
    expect(await sentAlerts()).toEqual([]);
  });

  it('is sent for a member that was created after the threshold was set', async () => {
    await lowBelow('5');
    const membership = await member({ credit: '6' });
    expect(await low(membership.id)).toBeNull();
    await debit(membership, '2');
    expect(await sentAlerts()).toHaveLength(2);
  });

  it('is sent once, however many charges cross the threshold at once', async () => {
    const membership = await member({ credit: '0.30' });
    await lowBelow('0.20');
    const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
    const ctx = await ctxOf(membership.key);
    const sent = await Promise.all(Array.from({ length: 24 }, () => sendMessage(ctx, { onBehalfOf: null, message })));
    expect(sent.every((one) => 'id' in one)).toBe(true);
    expect(await sentAlerts()).toHaveLength(2);
  });

  it('is not sent when the balance rose before the job ran', async () => {
    const membership = await member({ credit: '10' });
    await lowBelow('5');
    await debit(membership, '9');
    await credit(membership, '9');
    expect(await sentAlerts()).toEqual([]);
  });

  it('is not sent for a suspended team, nor to an inactive member', async () => {
    const membership = await member({ credit: '10' });
    const second = await member({ role: 'owner' });
    await lowBelow('5');
    await ownerPool().query(`UPDATE members SET status = 'inactive' WHERE id = $1`, [second.id]);
    await debit(membership, '9');
    expect(await sentAlerts()).toHaveLength(2);
    await credit(membership, '9');
    await debit(membership, '9');
    await ownerPool().query(`UPDATE teams SET status = 'suspended' WHERE id = $1`, [team.teamId]);
    expect(await sentAlerts()).toHaveLength(2);
  });

  it('is sent once when its job runs several times', async () => {
    const membership = await member({ credit: '10' });
    await lowBelow('5');
    await debit(membership, '9');
    const again = `INSERT INTO outbox (team_id, id, task, payload) VALUES ($1, $2, 'alert', $3)`;
    const payload = { teamId: team.teamId, accountId: membership.id };
    for (let i = 0; i < 3; i += 1) await ownerPool().query(again, [team.teamId, newUuid7(), payload]);
    expect(await sentAlerts()).toHaveLength(2);
  });
});

const MESSAGE = { to: '+14155550100', from: 'Acme', body: 'Hello' };

describe('the frequency of a low-balance alert', () => {
  it('is at most once a day, however often the threshold is crossed', async () => {
    const [membership, other] = [await member({ credit: '10' }), await member({ credit: '10' })];
    await lowBelow('5');
    for (let i = 0; i < 4; i += 1) {
      await debit(membership, '9');
      await sentAlerts();
      await credit(membership, '9');
    }
    await debit(other, '9');
    expect((await sentAlerts()).filter((line) => line.endsWith('owner'))).toHaveLength(2);
    await later('23 hours');
    await debit(membership, '9');
    expect(await sentAlerts()).toHaveLength(4);
    await credit(membership, '9');
    await later('2 hours');
    await debit(membership, '9');
    expect(await sentAlerts()).toHaveLength(6);
  });

  it('is zero while a rule refills the balance, and not when the rule is off', async () => {
    await lowBelow('5');
    // Each send recharges to above the threshold and takes the balance below it again.
    const membership = await member({ credit: '4.999', recharge: { threshold: '4.998', target: '4.999' } });
    const ctx = await ctxOf(membership.key);
    for (let i = 0; i < 12; i += 1) {
      expect(await sendMessage(ctx, { onBehalfOf: null, message: MESSAGE })).toMatchObject({ status: 'queued' });
      await sentAlerts();
    }
    expect(await sentAlerts()).toEqual([]);
    await credit(membership, '5');
    await setRecharge(
      team.operator,
      membership.id,
      rechargeInput.parse({ enabled: false, threshold: '5', target: '6' }),
    );
    await debit(membership, '6');
    expect(await sentAlerts()).toHaveLength(2);
  });

  it('excludes the user whose action lowered the balance, but not the member whose API key sends', async () => {
    const second = await member({ role: 'owner' });
    const membership = await member({ credit: '10' });
    await lowBelow('5');
    await debitMember(team.owner, { memberId: membership.id, amount: micros('9') });
    const both = [`low-balance to ${second.member.email}`, `low-balance to ${membership.member.email}`];
    expect(await sentAlerts()).toEqual(both.toSorted());
    await updateTeam(await ctxOf(second.key), { lowBalance: micros('500') });
    expect(await sentAlerts()).toEqual([...both, 'low-balance to owner'].toSorted());
    const sender = await member({ credit: '5' });
    await sendMessage(await ctxOf(sender.key), { onBehalfOf: null, message: MESSAGE });
    expect((await sentAlerts()).filter((line) => line.endsWith(sender.member.email))).toHaveLength(1);
  });

  it('excludes the user who saved a rule that waits at once, but not its member', async () => {
    const membership = await member();
    await setRecharge(team.owner, membership.id, rechargeInput.parse({ threshold: '5', target: '500' }));
    expect(await sentAlerts()).toEqual([`recharge-waiting to ${membership.member.email}`]);
  });
});

describe('many alerts to one user', () => {
  const mailsTo = async (userId: string) =>
    (
      await ownerPool().query<MailRow & { about: string }>('SELECT * FROM mails WHERE user_id = $1 ORDER BY id', [
        userId,
      ])
    ).rows;
  const ownerUser = async () =>
    (await ownerPool().query<{ id: string }>('SELECT user_id AS id FROM members WHERE id = $1', [team.ownerId]))
      .rows[0]!.id;
  /** Lowers the balances of that many members below the threshold, one after another. */
  const crossings = async (many: number) => {
    const memberships = await Promise.all(Array.from({ length: many }, () => addMember(team, { credit: '1' })));
    await lowBelow('0.5');
    for (const membership of memberships) await debit(membership, '0.9');
    return memberships;
  };

  it('are five emails and one digest, sent at the end of the hour, which names what happened', async () => {
    await crossings(40);
    await sentAlerts();
    const user = await ownerUser();
    const now = await mailsTo(user);
    const count = (what: (mail: MailRow) => boolean) => now.filter(what).length;
    expect(count(({ kind, state }) => kind === 'low-balance' && state === 'sent')).toBe(5);
    expect(count(({ state }) => state === 'digested')).toBe(35);
    expect(now.filter(({ kind }) => kind === 'alert-digest').map(({ state }) => state)).toEqual(['queued']);
    const all: OutgoingMail[] = [];
    const mailer: Mailer = { name: 'stand-in', send: async (mail) => (all.push(mail), { providerId: null }) };
    // Digests of other tests may be due as well.
    const sent = () => all.filter(({ to }) => to === now[0]!.address);
    const sendDigests = async () => {
      await ownerPool().query(`SELECT graphile_worker.add_job('send-digests', '{}')`);
      await doJobs(mailer);
    };
    await sendDigests();
    expect(sent()).toEqual([]);
    await later('61 minutes');
    await sendDigests();
    await sendDigests();
    expect(sent().map(({ subject }) => subject)).toEqual([expect.stringMatching(/^35 more alerts from Team/)]);
    expect(sent()[0]!.text).toMatch(/Low balance: .+: 0\.10 USD/);
    expect(sent()[0]!.text).toContain('And: 15 more');
  });

  const tell = (teamId: string, accountId: string) =>
    sendAlert(systemContext(mailing(), teamId), { teamId, accountId });
  /** Waits until so many statements wait for a lock. */
  const waiting = async (many: number): Promise<void> => {
    const sql = `SELECT count(DISTINCT l.pid)::int AS n FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid
      WHERE NOT l.granted AND a.datname = current_database()`;
    for (let n = 0; n < many; n = (await ownerPool().query<{ n: number }>(sql)).rows[0]!.n) await sleep(20);
  };
  const digestsTo = async (user: string) => (await mailsTo(user)).filter(({ kind }) => kind === 'alert-digest');

  it('are one digest, even when two teams alert the same user at once', async () => {
    const [user, first] = [await ownerUser(), team];
    await crossings(5);
    await sentAlerts();
    const [one] = await crossings(1);
    team = await makeTeam({ fund: '100.00' });
    await ownerPool().query('UPDATE members SET user_id = $1 WHERE id = $2', [user, team.ownerId]);
    const [two] = await crossings(1);
    const client = await ownerPool().connect();
    await client.query('BEGIN; LOCK TABLE mails IN SHARE ROW EXCLUSIVE MODE');
    const both = Promise.all([tell(first.teamId, one!.id), tell(team.teamId, two!.id)]);
    await waiting(2);
    await client.query('COMMIT');
    client.release();
    await both;
    expect(await digestsTo(user)).toHaveLength(1);
    expect((await mailsTo(user)).filter(({ state }) => state === 'digested')).toHaveLength(2);
  });

  it('go into the next digest when a worker is sending this one', async () => {
    const user = await ownerUser();
    await crossings(6);
    await sentAlerts();
    const [digest] = await digestsTo(user);
    const [membership] = await crossings(1);
    const client = await ownerPool().connect();
    await client.query(
      `BEGIN; UPDATE mails SET claimed_until = now() + interval '5 minutes' WHERE id = '${digest!.id}'`,
    );
    const telling = tell(team.teamId, membership!.id);
    await Promise.race([telling, waiting(1)]);
    await client.query('COMMIT');
    client.release();
    await telling;
    const { rows } = await ownerPool().query<{ id: string }>(
      'SELECT digest_id AS id FROM mails WHERE user_id = $1 AND about = $2',
      [user, membership!.id],
    );
    const next = (await digestsTo(user)).find(({ id }) => id !== digest!.id);
    expect(next).toBeDefined();
    expect(rows).toEqual([{ id: next!.id }]);
  });

  it('are counted over all teams, separately for each user', async () => {
    const user = await ownerUser();
    const first = team;
    await crossings(4);
    await sentAlerts();
    team = await makeTeam({ fund: '100.00' });
    const [theirs] = [await ownerUser()];
    await ownerPool().query('UPDATE members SET user_id = $1 WHERE id = $2', [user, team.ownerId]);
    const second = await member({ role: 'owner' });
    await crossings(4);
    await sentAlerts();
    const states = (await mailsTo(user)).map(({ kind, state }) => `${kind} ${state}`);
    expect(states.filter((one) => one === 'low-balance sent')).toHaveLength(5);
    expect(states.filter((one) => one === 'low-balance digested')).toHaveLength(3);
    expect(states.filter((one) => one === 'alert-digest queued')).toHaveLength(1);
    expect((await mailsOf(team.teamId)).filter(({ address }) => address === second.member.email)).toHaveLength(4);
    expect(theirs).not.toBe(user);
    expect(first.teamId).not.toBe(team.teamId);
  });
});

describe('an alert about a waiting rule', () => {
  const rule = (threshold: string, target: string) => rechargeInput.parse({ enabled: true, threshold, target });

  it('goes once per episode to the owners and the member, with a second email to the same recipients when it is served', async () => {
    const membership = await member();
    await setRecharge(team.operator, membership.id, rule('5', '500'));
    const waits = [`recharge-waiting to ${membership.member.email}`, 'recharge-waiting to owner'].toSorted();
    expect(await sentAlerts()).toEqual(waits);
    await fundTeam(team.operator, { amount: micros('1') });
    expect(await sentAlerts()).toEqual(waits);
    await fundTeam(team.operator, { amount: micros('1000') });
    const served = [`recharge-served to ${membership.member.email}`, 'recharge-served to owner'];
    expect(await sentAlerts()).toEqual([...waits, ...served].toSorted());
    const mail = (await mailsOf(team.teamId)).find(({ kind }) => kind === 'recharge-served')!;
    expect(mail.facts).toEqual({ amount: '500000000', balance: '500000000' });
  });

  it('is sent when a charge makes the rule wait', async () => {
    const membership = await member({ credit: '1', recharge: { threshold: '0.995', target: '500' } });
    expect(await sentAlerts()).toEqual([]);
    const message = { to: '+14155550100', from: 'Acme', body: 'Hello' };
    const ctx = await ctxOf(membership.key);
    for (let i = 0; i < 3; i += 1) await sendMessage(ctx, { onBehalfOf: null, message });
    expect(await sentAlerts()).toEqual(
      [`recharge-waiting to ${membership.member.email}`, 'recharge-waiting to owner'].toSorted(),
    );
  });

  it('is not sent when the rule was served before the job ran', async () => {
    const membership = await member();
    await setRecharge(team.operator, membership.id, rule('5', '500'));
    await fundTeam(team.operator, { amount: micros('1000') });
    await setRecharge(team.operator, membership.id, rule('5', '500'));
    expect(await sentAlerts()).toEqual([]);
  });
});

describe('an alert about an undelivered email', () => {
  const refuses = (address: () => string): Mailer => ({
    name: 'stand-in',
    send: async ({ to }) => {
      if (to === address()) throw new MailError('No such mailbox', true);
      return { providerId: null };
    },
  });
  const failed = async () => (await mailsOf(team.teamId)).filter(({ kind }) => kind === 'mail-failed');
  const mailed = (ctx = team.owner) => ({ ...ctx, mail: 'smtp' as const });
  const flip = (membership: TestMember, role: 'owner' | 'member') =>
    setRole(mailed(), { memberId: membership.id, role });

  it('goes to the owners once, and again only after an email has arrived', async () => {
    const membership = await member();
    let address = membership.member.email;
    const mailer = refuses(() => address);
    await flip(membership, 'owner');
    await doJobs(mailer);
    expect((await failed()).map(nameOf)).toEqual(['mail-failed to owner']);
    await flip(membership, 'member');
    await doJobs(mailer);
    expect(await failed()).toHaveLength(1);
    expect((await listTeamAlerts(team.owner)).lostMails).toMatchObject([
      { address: membership.member.email, kind: 'role-changed', why: 'No such mailbox' },
    ]);
    address = '';
    await flip(membership, 'owner');
    await doJobs(mailer);
    expect((await listTeamAlerts(team.owner)).lostMails).toEqual([]);
    address = membership.member.email;
    await later('25 hours');
    await flip(membership, 'member');
    await doJobs(mailer);
    expect(await failed()).toHaveLength(2);
  });

  it('is not sent about an alert that itself was not delivered', async () => {
    const membership = await member();
    const { rows } = await ownerPool().query<{ email: string }>('SELECT email FROM members WHERE id = $1', [
      team.ownerId,
    ]);
    await flip(membership, 'owner');
    await flip(membership, 'member');
    const [hers, his] = [membership.member.email, rows[0]!.email];
    await doJobs({
      name: 'stand-in',
      send: async ({ to }) => {
        if (to === hers || to === his) throw new MailError('No such mailbox', true);
        return { providerId: null };
      },
    });
    expect((await failed()).length).toBeLessThanOrEqual(1);
  });
});

describe('a user’s alert settings', () => {
  let user: UserContext;
  beforeEach(async () => {
    const { rows } = await ownerPool().query<{ userId: string }>(
      `SELECT user_id AS "userId" FROM members WHERE id = $1`,
      [team.ownerId],
    );
    const who = { userId: rows[0]!.userId, sessionId: newUuid7(), name: 'First Owner', email: '' };
    user = { ...mailing(), user: who, origin: HERE, requestId: newRequestId() };
  });

  it('are all on at first, and are changed for each team separately', async () => {
    const on = { on: true };
    expect(await listOwnAlerts(user)).toMatchObject([
      { role: 'owner', memberId: team.ownerId, alerts: [on, on, on, on] },
    ]);
    await setAlerts(user, { memberId: team.ownerId, kind: 'member-balance', on: false });
    const after = await setAlerts(user, { memberId: team.ownerId, kind: 'member-balance', on: false });
    expect(after[0]!.alerts).toEqual([
      { kind: 'team-balance', on: true },
      { kind: 'member-balance', on: false },
      { kind: 'recharge', on: true },
      { kind: 'mail-failed', on: true },
    ]);
    const membership = await member({ credit: '10' });
    await lowBelow('5');
    await debit(membership, '9');
    expect(await sentAlerts()).toEqual([`low-balance to ${membership.member.email}`]);
    await setAlerts(user, { memberId: team.ownerId, kind: 'member-balance', on: true });
    await credit(membership, '9');
    await later('25 hours');
    await debit(membership, '9');
    expect(await sentAlerts()).toHaveLength(3);
    const switched = (await auditOf(team)).filter(({ action }) => action === 'user.alert_switched');
    expect(switched).toHaveLength(2);
  });

  it('can only be changed by that user', async () => {
    const other = await makeTeam();
    const foreign = { memberId: other.ownerId, kind: 'recharge', on: false } as const;
    await expect(setAlerts(user, foreign)).rejects.toMatchObject({ code: 'not_found' });
    await expect(setAlerts(user, { ...foreign, memberId: newUuid7() })).rejects.toMatchObject({ code: 'not_found' });
    const { rows } = await ownerPool().query('SELECT muted_alerts FROM members WHERE id = $1', [other.ownerId]);
    expect(rows).toEqual([{ muted_alerts: [] }]);
  });
});
