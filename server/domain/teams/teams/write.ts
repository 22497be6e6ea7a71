import { randomInt } from 'node:crypto';
import { and, eq, sql } from 'drizzle-orm';
import { teamSlugs, teams } from '@/db/schema/teams';
import { users } from '@/db/schema/users';
import type { Actor } from '@/server/domain/core/actor';
import { setMasterAlert, setMemberAlert } from '@/server/domain/notifications/alerts/write';
import { enforceReauthentication } from '@/server/domain/core/reauthentication';
import { makeContext, type Context, type Services, type TxContext } from '@/server/domain/core/context';
import { fail } from '@/server/domain/core/errors';
import { asTeamId, newUuid7, type TeamId } from '@/server/domain/core/ids';
import { issueKey } from '../api-keys/write';
import { lockAccounts, setReserve, wakeWaiting } from '@/server/domain/billing/ledger/write';
import { insertMember } from '../members/write';
import { printAmount } from '@/server/domain/core/money';
import { hashPassword } from '@/server/domain/core/password-hashing';
import { mayOperate } from '@/server/domain/core/policy';
import { insertRates } from '@/server/domain/billing/rates/write';
import type { RateRow } from '@/server/domain/billing/rates/rules';
import { hasPassword } from '@/server/domain/identity/sessions/write';
import { getSettings, getTeam } from './read';
import { isReservedSlug, slugFrom } from './rules';
import type { Settings, Team, UpdateSettings, UpdateTeam } from './schema';
import { resetCredentials } from '@/server/domain/identity/passwords/write';
import {
  recordAudit,
  runCommand,
  inNewTeamTransaction,
  publishChange,
  inTransaction,
  type AuditEntry,
} from '@/server/domain/core/transaction';

export type CreateTeam = {
  name: string;
  currency: string;
  /** `passwordHash` is null for an owner who already has an account. */
  owner: { name: string; email: string } & ({ password: string } | { passwordHash: string | null });
  rates: RateRow[];
};

/** The visitor who creates a team in the console, without being a member yet. */
type TeamCreator = { name: string; address: string | null; requestId: string };

/**
 * Creates a team with its accounts, the sample rate card and its first owner. An owner with an account keeps its
 * password and becomes a member. An account with an unverified address may be a stranger's, so the given password
 * replaces its own, unless they are equal.
 * @param options.by the visitor who creates it; the operator if omitted
 * @param options.first check in the same transaction, before the team is created
 * @returns the ids, and the owner's API key, which is not shown again
 */
export async function createTeam(
  services: Services,
  input: CreateTeam,
  options: { at?: Date; by?: TeamCreator; first?: (tx: TxContext) => Promise<void> } = {},
): Promise<{ teamId: TeamId; memberId: string; apiKey: string; slug: string }> {
  const passwordHash = 'password' in input.owner ? await hashIfNew(services, input.owner) : input.owner.passwordHash;
  const teamId = asTeamId(newUuid7(options.at));
  const actor = creatingActor(teamId, input.currency, options.by);
  const about = { at: options.at ?? null, requestId: options.by?.requestId ?? null };
  return inNewTeamTransaction(makeContext(services, actor, about), async (tx) => {
    await options.first?.(tx);
    const slug = await takeSlug(tx, input.name);
    const { name, currency } = input;
    await tx.db.insert(teams).values({ id: teamId, name, slug, currency, createdAt: tx.now, updatedAt: tx.now });
    await tx.db.execute(sql`SELECT ledger_open_team(${teamId}::uuid, ${tx.at}::timestamptz)`);
    await insertRates(tx, input.rates);
    const { email } = input.owner;
    const userId = await findOrCreateUser(tx, { name: input.owner.name, email, passwordHash });
    const memberId = await insertMember(tx, { name: input.owner.name, email, role: 'owner', userId });
    const apiKey = await issueKey(tx, memberId);
    recordAudit(tx, {
      action: 'team.created',
      targetType: 'team',
      targetId: teamId,
      after: { name, currency, owner: memberId },
    });
    return { teamId, memberId, apiKey, slug };
  });
}

/** Returns null when the account of the address already has this password. */
const hashIfNew = async (services: Services, { email, password }: { email: string; password: string }) =>
  (await hasPassword(services, email, password)) ? null : hashPassword(password);

function creatingActor(teamId: TeamId, currency: string, by: TeamCreator | undefined): Actor {
  if (!by) return { type: 'operator', teamId, currency, name: 'Operator', channel: 'cli' };
  return { type: 'visitor', teamId, currency, name: by.name, userId: null, channel: 'web', address: by.address };
}

type NewUser = { name: string; email: string; passwordHash: string | null };

// Inserts first: when two teams are created at once for one new user, the second waits here for the first.
async function findOrCreateUser(tx: TxContext, user: NewUser): Promise<string> {
  const [made] = await tx.db
    .insert(users)
    .values({ id: newUuid7(tx.now), ...user, createdAt: tx.now })
    .onConflictDoNothing()
    .returning({ id: users.id });
  if (made) return made.id;
  const { email, passwordHash } = user;
  const [known] = await tx.db
    .select({ id: users.id, provenAt: users.emailProvenAt })
    .from(users)
    .where(eq(users.email, email))
    .for('update');
  if (known!.provenAt === null && passwordHash !== null) {
    await resetCredentials(tx, { userId: known!.id, email, passwordHash });
  }
  return known!.id;
}

const SLUG_TRIES = 20;

async function takeSlug(tx: TxContext, name: string): Promise<string> {
  const plain = slugFrom(name);
  for (let i = 0; i < SLUG_TRIES; i++) {
    const slug = i === 0 ? plain : `${plain}-${i < 10 ? i + 1 : randomInt(1e6)}`;
    if (isReservedSlug(slug)) continue;
    const [taken] = await tx.db
      .insert(teamSlugs)
      .values({ slug, teamId: tx.actor.teamId })
      .onConflictDoNothing()
      .returning();
    if (taken) return slug;
  }
  throw new Error(`No free slug for ${plain}`);
}

/**
 * Changes the team's details; null clears the default sender or the low-balance alert.
 * @throws DomainError `owner_required`, `currency_fixed`
 */
export async function updateTeam(ctx: Context, input: UpdateTeam): Promise<Team> {
  return runCommand(ctx, 'team.change', async (tx) => {
    // The master account's lock makes the check for money and the change of currency one step.
    await lockAccounts(tx, [], true);
    const before = await getTeam(tx);
    const { reserve, ...settings } = input;
    if (settings.currency !== undefined && settings.currency !== before.currency) await mustBeUnmoved(tx);
    if (reserve !== undefined) await setReserve(tx, reserve);
    if (settings.lowBalance !== undefined) await setMasterAlert(tx, settings.lowBalance);
    const { teamId } = tx.actor;
    await tx.db
      .update(teams)
      .set({ ...settings, updatedAt: tx.now })
      .where(eq(teams.id, teamId));
    const after = await getTeam(tx);
    // Name and currency appear on every page of the team.
    publishChange(tx, 'team', null);
    recordAudit(tx, {
      action: 'team.updated',
      targetType: 'team',
      targetId: teamId,
      before: printSettings(before),
      after: printSettings(after),
    });
    return after;
  });
}

const printSettings = ({ name, currency, reserve, defaultSender, lowBalance }: Team) => ({
  name,
  currency,
  reserve: printAmount(reserve),
  defaultSender,
  lowBalance: lowBalance === null ? null : printAmount(lowBalance),
});

async function mustBeUnmoved(tx: TxContext): Promise<void> {
  const { rows } = await tx.db.execute<{ moved: boolean }>(
    sql`SELECT EXISTS (SELECT 1 FROM transfers WHERE team_id = ${tx.actor.teamId}::uuid) AS moved`,
  );
  if (rows[0]?.moved) fail('currency_fixed');
}

/**
 * Suspends a team: sends, recharges and changes are refused; reads still work, and accepted messages are delivered.
 * Repeating it changes nothing.
 * @throws DomainError `owner_required` for anyone but the operator
 */
export async function suspendTeam(ctx: Context, { reason = null }: { reason?: string | null }): Promise<TeamStanding> {
  return standAs(ctx, 'suspended', { action: 'team.suspended', targetType: 'team', after: { reason } });
}

/**
 * Resumes a suspended team and evaluates its waiting rules. Repeating it changes nothing.
 * @throws DomainError `owner_required` for anyone but the operator
 */
export async function resumeTeam(ctx: Context): Promise<TeamStanding> {
  return standAs(ctx, 'active', { action: 'team.resumed', targetType: 'team' });
}

export type TeamStanding = { status: 'active' | 'suspended' | 'closed'; changed: boolean };

async function standAs(
  ctx: Context,
  status: 'active' | 'suspended',
  entry: Omit<AuditEntry, 'targetId'>,
): Promise<TeamStanding> {
  mayOperate(ctx.actor);
  return inTransaction(ctx, null, async (tx) => {
    const { teamId } = tx.actor;
    const changed = await tx.db
      .update(teams)
      .set({ status, updatedAt: tx.now })
      .where(and(eq(teams.id, teamId), eq(teams.status, status === 'active' ? 'suspended' : 'active')))
      .returning({ id: teams.id });
    const [now] = await tx.db.select({ status: teams.status }).from(teams).where(eq(teams.id, teamId));
    if (changed.length === 0) return { status: now!.status, changed: false };
    // Every page of the team shows its status.
    publishChange(tx, 'team', null);
    recordAudit(tx, { ...entry, targetId: teamId });
    if (status === 'active') wakeWaiting(tx);
    return { status, changed: true };
  });
}

/**
 * Changes the team's settings; null clears. A change of the reauthentication settings itself requires reauthentication.
 * @throws DomainError `owner_required`, `confirmation_required`
 */
export async function updateSettings(ctx: Context, input: UpdateSettings): Promise<Settings> {
  return runCommand(ctx, 'team.change', async (tx) => {
    if (input.memberLowBalance !== undefined) await setMemberAlert(tx, input.memberLowBalance);
    // The lock serialises concurrent changes, so that each audit row holds the right `before`.
    await lockAccounts(tx, [], true);
    if (input.requireReauthentication !== undefined || input.reauthenticateAbove !== undefined)
      await enforceReauthentication(tx);
    const before = await getSettings(tx);
    const { teamId } = tx.actor;
    await tx.db
      .update(teams)
      .set({ ...input, updatedAt: tx.now })
      .where(eq(teams.id, teamId));
    const after = await getSettings(tx);
    recordAudit(tx, {
      action: 'team.settings_changed',
      targetType: 'team',
      targetId: teamId,
      before: printFigures(before),
      after: printFigures(after),
    });
    return after;
  });
}

const printFigures = ({ memberLowBalance, reauthenticateAbove, ...settings }: Settings) => ({
  memberLowBalance: memberLowBalance === null ? null : printAmount(memberLowBalance),
  ...settings,
  reauthenticateAbove: reauthenticateAbove === null ? null : printAmount(reauthenticateAbove),
});
