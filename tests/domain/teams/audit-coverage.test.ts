import { describe, expect, it } from 'vitest';
import { newRequestId, newUuid7, printId } from '@/server/domain/core/ids';
import { createInvitation } from '@/server/domain/teams/invitations/write';
import { creditMember } from '@/server/domain/billing/ledger/write';
import { deactivateMember, deleteMember } from '@/server/domain/teams/members/write';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { createCaller } from '@/server/trpc/router';
import { CHANNELS, useChannels, type Channel, type Said } from '../../support/channels';
import { listOperations } from '../../support/operations';
import { enableTwoFactorFor } from '../../support/visitors';
import { visitorContextOf, makeSignedInUser, PASSWORD, addMembership } from '../../support/users';
import { callProcedure, HERE, listProcedures, listMemberlessProcedures, sessionOf } from '../../support/procedures';
import { addMember, giveSignIn, makeTeam, micros, ownerPool, type TestMember, type TestTeam } from '../../support/team';

const channels = useChannels();
const message = { to: '+14155550100', from: 'Acme', body: 'A text for nobody else' };

type Scene = { team: TestTeam; membership: TestMember; ids: Record<string, string> };
type Logged = { action: string; targetType: string; targetId: string | null; before: unknown; after: unknown };

/** A command, its input, and its audit event: about the member, where no other target is named. */
type Row = {
  body?: object;
  /** Prepares the state; returns ids for the input. */
  prepare?: (scene: Scene) => Promise<object | void>;
  says: Partial<Logged> & { action: string };
};

const of = (before: unknown, after: unknown) => ({ before, after });
const trf = expect.stringMatching(/^trf_|^[0-9a-f-]{36}$/) as unknown;
const instant = expect.stringMatching(/^20\d\d-/) as unknown;
const invitation = { targetType: 'invitation', targetId: expect.any(String) as string };
const INVITED = {
  email: 'new-one@example.test',
  name: 'New One',
  credit: '2',
  recharge: { threshold: '0', target: '1' },
};
const settings = {
  memberLowBalance: null,
  textRetentionDays: null,
  requireReauthentication: false,
  reauthenticateAbove: null,
};
const team = { currency: 'USD', reserve: '0.00', defaultSender: null, lowBalance: null };
const rule = { enabled: true, threshold: '6.00', amount: null, target: '9.00', capAmount: null, capPeriod: null };

/**
 * Every command that changes something, in whichever channel, with its audit event. A new one fails until it has a row
 * here.
 */
const ROWS: Record<string, Row> = {
  updateTeam: {
    body: { name: 'Changed', reserve: '1' },
    says: {
      action: 'team.updated',
      targetType: 'team',
      ...of(
        { ...team, name: expect.stringMatching(/^Team/) as unknown },
        { ...team, name: 'Changed', reserve: '1.00' },
      ),
    },
  },
  updateSettings: {
    body: { requireReauthentication: true, memberLowBalance: '5' },
    says: {
      action: 'team.settings_changed',
      targetType: 'team',
      ...of(settings, { ...settings, requireReauthentication: true, memberLowBalance: '5.00' }),
    },
  },
  createMember: {
    body: { name: 'New', password: 'a password of nobody', credit: '1', recharge: { threshold: '0', target: '2' } },
    says: {
      action: 'member.created',
      targetId: expect.any(String),
      ...of(null, {
        name: 'New',
        email: expect.stringMatching(/@members\.invalid$/) as unknown,
        role: 'member',
        credit: '1.00',
        recharge: true,
      }),
    },
  },
  updateMember: {
    body: { name: 'Other', externalId: 'x-1' },
    says: {
      action: 'member.updated',
      ...of({ name: 'Member', externalId: null }, { name: 'Other', externalId: 'x-1' }),
    },
  },
  activateMember: {
    prepare: async ({ team: { operator }, membership }) => void (await deactivateMember(operator, membership.id)),
    says: { action: 'member.activated', ...of({ status: 'inactive' }, { status: 'active' }) },
  },
  deactivateMember: { says: { action: 'member.deactivated', ...of({ status: 'active' }, { status: 'inactive' }) } },
  setRole: {
    body: { role: 'owner' },
    says: { action: 'member.role_changed', ...of({ role: 'member' }, { role: 'owner' }) },
  },
  deleteMember: {
    says: {
      action: 'member.deleted',
      ...of(
        { name: 'Member', email: expect.any(String) as unknown, role: 'member', status: 'active' },
        { returned: '5.00', transferId: trf },
      ),
    },
  },
  restoreMember: {
    prepare: async ({ team: { operator }, membership }) => void (await deleteMember(operator, membership.id)),
    says: {
      action: 'member.restored',
      ...of({ status: 'deleted', role: 'member' }, { status: 'active', role: 'member' }),
    },
  },
  creditMember: {
    body: { amount: '2', note: 'a note' },
    says: { action: 'member.credited', ...of(null, { amount: '2.00', transferId: trf }) },
  },
  debitMember: {
    body: { amount: 'all' },
    says: { action: 'member.debited', ...of(null, { amount: '5.00', transferId: trf }) },
  },
  reverseTransfer: {
    prepare: async ({ team: { operator }, membership }) => {
      const { transfer } = await creditMember(operator, { memberId: membership.id, amount: micros('1') });
      return { trf: printId('trf', transfer.id!) };
    },
    says: { action: 'transfer.reversed', ...of({ transferId: trf }, { amount: '1.00', transferId: trf }) },
  },
  rotateKey: {
    body: { overlapSeconds: 60 },
    says: { action: 'key.rotated', ...of(null, { overlapSeconds: 60 }) },
  },
  resetMemberPassword: {
    prepare: async ({ membership: { id } }) => void (await giveSignIn(id)),
    says: { action: 'member.password_given', ...of(null, null) },
  },
  revealKey: { says: { action: 'key.revealed', ...of(null, null) } },
  endKey: { says: { action: 'key.ended', ...of({ keyId: expect.any(String) as unknown, status: 'current' }, null) } },
  setRecharge: {
    body: { threshold: '6', target: '9' },
    says: { action: 'recharge.set', ...of({ ...rule, threshold: '1.00', target: '5.00' }, rule) },
  },
  deleteRecharge: {
    says: { action: 'recharge.deleted', ...of({ ...rule, threshold: '1.00', target: '5.00' }, null) },
  },
  replaceRates: {
    body: { rates: [{ prefix: '1', price: '0.01' }] },
    says: { action: 'rates.replaced', targetType: 'rates', targetId: null, ...of(null, { rows: 1 }) },
  },
  importRates: {
    body: { csv: 'country,prefix,price\n,1,0.01\n' },
    says: { action: 'rates.replaced', targetType: 'rates', targetId: null, ...of(null, { rows: 1 }) },
  },
  confirmRates: { says: { action: 'rates.confirmed', targetType: 'rates', targetId: null, ...of(null, null) } },
  fundSandbox: {
    body: { amount: '2.5' },
    says: { action: 'team.funded', targetType: 'team', ...of(null, { amount: '2.50', transferId: trf }) },
  },
  sendBatch: {
    body: { messages: [message, message] },
    says: {
      action: 'messages.batch_sent',
      targetId: expect.any(String),
      ...of(null, { messages: 2, cost: '0.02' }),
    },
  },
  createInvitation: {
    body: INVITED,
    says: {
      action: 'invitation.created',
      ...invitation,
      ...of(null, {
        email: INVITED.email,
        name: INVITED.name,
        role: 'member',
        memberId: null,
        credit: '2.00',
        recharge: true,
      }),
    },
  },
  resendInvitation: {
    prepare: invited,
    says: {
      action: 'invitation.resent',
      ...invitation,
      ...of({ expiresAt: instant }, { email: 'one@example.test', expiresAt: instant }),
    },
  },
  openLink: {
    prepare: async (made) => ({ invitationId: ((await invited(made)) as { inv: string }).inv }),
    says: { action: 'invitation.link_shown', ...invitation, ...of(null, { email: 'one@example.test' }) },
  },
  revokeInvitation: {
    prepare: invited,
    says: {
      action: 'invitation.revoked',
      ...invitation,
      ...of({ email: 'one@example.test', status: 'pending' }, { status: 'revoked' }),
    },
  },
};

async function invited({ team: { operator } }: Scene): Promise<object> {
  const { id } = await createInvitation(operator, { email: 'one@example.test' });
  return { inv: printId('inv', id) };
}

/** The commands without an audit event, and why. */
const WITHOUT_ROW: Record<string, string> = {
  sendMessage: 'the log is its trail, and the ledger that of its charge and its refund',
  estimateMessages: 'changes nothing',
};
const BODIES: Record<string, object> = { sendMessage: message, estimateMessages: message };

const isChange = (id: string): boolean => {
  const operation = listOperations().find((one) => one.id === id);
  return operation ? operation.method !== 'GET' : listProcedures().find((one) => one.id === id)!.type === 'mutation';
};

const channelsOf = (id: string): Channel[] =>
  listOperations().some((one) => one.id === id) ? CHANNELS : CHANNELS.filter((channel) => channel === 'tRPC');

async function scene(): Promise<Scene> {
  const made = await makeTeam();
  const member = await addMember(made, { name: 'Member', credit: '5', recharge: { threshold: '1', target: '5' } });
  return { team: made, membership: member, ids: { mem: member.mem, key: printId('key', member.member.apiKey!.id) } };
}

async function ask(
  channel: Channel,
  { team: { ownerKey }, ids }: Scene,
  id: string,
  body?: object,
): Promise<Said['body']> {
  if (channelsOf(id).length === CHANNELS.length) {
    const said = await channels[channel]({ key: ownerKey }, { id, ids, body });
    expect(said.ok, JSON.stringify(said.body)).toBe(true);
    return said.body;
  }
  const { invitationId } = ids;
  const input = invitationId === undefined ? body : { ...body, invitationId };
  const { data, problem } = await callProcedure(await sessionOf(ownerKey), id, input);
  expect(problem).toBeNull();
  return data;
}

const logOf = async (made: TestTeam) =>
  (
    await ownerPool().query<Logged & Record<string, unknown>>(
      `SELECT action, actor_type AS "actorType", actor_id AS "actorId", actor_name AS "actorName", channel, address, request_id AS "requestId",
         target_type AS "targetType", target_id AS "targetId", before, after, at FROM audit_events WHERE team_id = $1 ORDER BY id`,
      [made.teamId],
    )
  ).rows;

describe('every command that changes something', () => {
  it('has a row in one of the tables, whichever channel offers it', () => {
    const all = new Set([...listOperations(), ...listProcedures()].map(({ id }) => id).filter(isChange));
    expect([...Object.keys(ROWS), ...Object.keys(WITHOUT_ROW)].toSorted()).toEqual([...all].toSorted());
  });

  const cases = Object.entries(ROWS).flatMap(([id, row]) => CHANNELS.map((channel) => ({ id, row, channel })));

  it.each(cases)('$id through $channel writes its audit event', async ({ id, row, channel }) => {
    if (!channelsOf(id).includes(channel)) return;
    const made = await scene();
    const ids = { ...made.ids, ...(await row.prepare?.(made)) };
    const before = await logOf(made.team);
    const answer = await ask(channel, { ...made, ids }, id, row.body);
    const rows = (await logOf(made.team)).slice(before.length);
    expect(rows).toHaveLength(1);
    const { teamId } = made.team;
    expect(rows[0]).toMatchObject({
      actorType: channel === 'API' ? 'key' : 'user',
      actorId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      actorName: 'First Owner',
      channel: channel === 'API' ? 'api' : 'web',
      address: channel === 'API' ? '127.0.0.1' : HERE.address,
      requestId: expect.stringMatching(/^req_/),
      targetType: 'member',
      targetId: row.says.targetType === 'team' ? teamId : made.membership.id,
      ...row.says,
    });
    expect([rows[0]!.before, rows[0]!.after]).toEqual([row.says.before, row.says.after]);
    expectNoSecret(rows, [made.membership.key, ...secretsIn(answer), ...secretsIn(row.body)]);
  });

  it.each(Object.keys(WITHOUT_ROW).flatMap((id) => CHANNELS.map((channel) => ({ id, channel }))))(
    '$id through $channel writes none',
    async ({ id, channel }) => {
      const made = await scene();
      const before = await logOf(made.team);
      await ask(channel, made, id, BODIES[id]);
      expect(await logOf(made.team)).toEqual(before);
    },
  );

  it.each(['creditMember', 'debitMember'])('%s writes none as a dry run', async (id) => {
    const made = await scene();
    const before = await logOf(made.team);
    for (const channel of CHANNELS) await ask(channel, made, id, { amount: '1', dryRun: true });
    expect(await logOf(made.team)).toEqual(before);
  });
});

type UserScene = { user: SignedInUser; team: TestTeam; mem: string };

/**
 * Every change of a user's own, by its noun and name: its call, and the action that each of the user's teams audits; or
 * the reason why none does. A new one fails until it has a row here.
 */
type Remembered = {
  /** Prepares the state. */
  prepare?: (ctx: UserScene) => Promise<unknown>;
  ask: (ctx: UserScene, prepared: unknown) => Promise<unknown>;
  action: string;
  /** The change concerns one team, and only that team audits it. */
  inOne?: true;
};

const OTHER = 'another password of nobody';
const itsLog = 'the log of the team that it is of says so';
const access = () => createCaller({ ...nobody(), services: services() }).access;
const nobody = () => ({
  actor: null,
  user: null,
  origin: HERE,
  requestId: newRequestId(),
  idempotencyKey: null,
});
const withFactor = ({ user }: UserScene) =>
  enableTwoFactorFor({ ...services(), user, origin: HERE, requestId: newRequestId() }, PASSWORD);

const WITHOUT_MEMBER: Record<string, Remembered | { why: string }> = {
  'account.changePassword': {
    ask: ({ user }) => visitorContextOf(user).changePassword({ current: PASSWORD, password: OTHER }),
    action: 'user.password_changed',
  },
  'account.renameUser': {
    ask: ({ user }) => visitorContextOf(user).renameUser({ name: 'Ann Other' }),
    action: 'user.renamed',
  },
  'account.startTwoFactor': { why: 'nothing counts before it is confirmed' },
  'account.confirmTwoFactor': { ask: withFactor, action: 'user.two_factor_on' },
  'account.renewRecoveryCodes': {
    prepare: withFactor,
    ask: ({ user }) => visitorContextOf(user).renewRecoveryCodes({ password: PASSWORD }),
    action: 'user.recovery_codes_made',
  },
  'account.endTwoFactor': {
    prepare: withFactor,
    ask: ({ user }) => visitorContextOf(user).endTwoFactor({ password: PASSWORD }),
    action: 'user.two_factor_off',
  },
  'account.endSession': {
    prepare: async ({ user: { userId } }) => {
      const id = newUuid7();
      const sql = `INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 day')`;
      await ownerPool().query(sql, [id, userId]);
      return printId('ses', id);
    },
    ask: ({ user }, sessionId) => visitorContextOf(user).endSession({ sessionId: sessionId as string }),
    action: 'user.session_ended',
  },
  'account.endAllSessions': {
    ask: ({ user }) => visitorContextOf(user).endAllSessions(),
    action: 'user.sessions_ended',
  },
  'account.confirm': { why: 'proves who one is, and changes nothing' },
  'account.setAlerts': {
    ask: ({ user, mem }) => visitorContextOf(user).setAlerts({ memberId: mem, kind: 'member-balance', on: false }),
    action: 'user.alert_switched',
    inOne: true,
  },
  'access.requestPasswordReset': { why: 'mails a link, and changes nothing' },
  'access.requestSignUp': { why: 'mails a link, and changes nothing' },
  'access.resetPassword': {
    prepare: async ({ user: { email, userId } }) => {
      const id = newUuid7();
      const sql = `INSERT INTO mailed_links (id, kind, email, user_id, expires_at) VALUES ($1, 'reset', $2, $3, now() + interval '1 hour')`;
      await ownerPool().query(sql, [id, email, userId]);
      return linkToken(services().vault, id);
    },
    ask: (_, token) => access().resetPassword({ token: token as string, password: OTHER }),
    action: 'user.password_changed',
  },
  'access.setUp': { why: itsLog },
  'access.signUp': { why: itsLog },
  'joining.acceptInvitation': { why: itsLog },
  'joining.declineInvitation': { why: itsLog },
  'joining.requestInvitation': { why: itsLog },
  'account.leaveTeam': {
    ask: ({ user, team: { id } }) => visitorContextOf(user).leaveTeam({ teamId: id }),
    action: 'member.left',
    inOne: true,
  },
  'account.exportMe': { ask: ({ user }) => visitorContextOf(user).exportMe(), action: 'user.data_exported' },
  'account.eraseMe': {
    ask: ({ user }) => visitorContextOf(user).eraseMe({ password: PASSWORD }),
    action: 'user.erased',
  },
};

describe('every change of a user’s own', () => {
  it('has a row in the table above', () => {
    const all = listMemberlessProcedures().filter(({ type }) => type === 'mutation');
    expect(Object.keys(WITHOUT_MEMBER).toSorted()).toEqual(all.map(({ noun, id }) => `${noun}.${id}`).toSorted());
  });

  const asked = Object.entries(WITHOUT_MEMBER).flatMap(([id, row]) => ('ask' in row ? [{ id, ...row }] : []));

  it.each(asked)(
    '$id is audited in each of the user’s teams, and in no other',
    async ({ prepare, ask: change, action, inOne }) => {
      const [team, second, stranger] = [await makeTeam(), await makeTeam(), await makeTeam()];
      const user = await makeSignedInUser();
      const { id: memberId, mem } = await addMembership(user, team);
      const { id: other } = await addMembership(user, second);
      const prepared = await prepare?.({ user, team, mem });
      const before = (await Promise.all([team, second, stranger].map(logOf))).map(({ length }) => length);
      await change({ user, team, mem }, prepared);
      const rows = (await Promise.all([team, second, stranger].map(logOf))).map((all, i) => all.slice(before[i]));
      const said = (targetId: string) => ({
        action,
        actorType: 'user',
        actorId: user.userId,
        channel: 'web',
        // The address of an erased user is not stored.
        address: action === 'user.erased' ? null : HERE.address,
        requestId: expect.stringMatching(/^req_/) as unknown,
        targetType: 'member',
        targetId,
      });
      expect(rows).toMatchObject([[said(memberId)], inOne ? [] : [said(other)], []]);
      expectNoSecret(rows.flat(), [PASSWORD, OTHER]);
    },
  );
});

/** Collects the words of an answer or an input that are secrets, or could be. */
const secretsIn = (from: unknown): string[] =>
  [...JSON.stringify(from ?? {}).matchAll(/"(?:apiKey|password)":"([^"]+)"/g)].map(([, secret]) => secret!);

function expectNoSecret(rows: object[], secrets: string[]): void {
  const text = JSON.stringify(rows);
  for (const secret of secrets) expect(text).not.toContain(secret);
}

describe('no audit event of any team', () => {
  it('holds a key, a password, a hash, or the text of a message', async () => {
    const { rows } = await ownerPool().query(
      `SELECT action, before, after FROM audit_events WHERE concat(before::text, after::text) ~ $1`,
      [`pur_live_[0-9A-Za-z]{10}|\\$argon2|a password of nobody|correct horse|${message.body}`],
    );
    expect(rows).toEqual([]);
  });
});
