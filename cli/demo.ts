import { makeContext, type Context, type Services } from '@/server/domain/core/context';
import { printId } from '@/server/domain/core/ids';
import { openCurrentKey } from '@/server/domain/teams/api-keys/write';
import { listMembers } from '@/server/domain/teams/members/read';
import { demoSignIn } from '@/server/domain/identity/sessions/rules';
import { findTeamBySlug } from '@/server/domain/teams/teams/read';
import { slugFrom } from '@/server/domain/teams/teams/rules';
import { sampleRates } from '@/server/domain/billing/rates/read';
import { createTeam } from '@/server/domain/teams/teams/write';
import { env } from '@/server/env';
import { beginningOf, isComplete, liveUntil } from './demo/history';
import { OWNER } from './demo/people';
import { CliError, explainFailure, withServices } from './run';

type Demo = { teamId: string; memberId: string; apiKey: string; email: string; password: string };

const TEAM = { name: 'Acme Messaging', currency: 'USD' };

/**
 * Creates a team with a history of weeks or months through the domain's commands. Called again, returns the existing team,
 * or continues an interrupted one.
 */
async function makeDemo(services: Services): Promise<Demo> {
  const now = new Date();
  const known = await findDemo(services);
  const ctx = known?.ctx ?? (await beginTeam(services, beginningOf(now, env().demoDays)));
  if (!known?.complete) await liveUntil(ctx, now);
  const owner = await findOwner(ctx);
  const apiKey = owner && (await openCurrentKey(ctx, owner));
  if (!apiKey) throw new CliError(`The demo team has no owner with a key. Start again with another PURSER_DATA_DIR.`);
  return {
    teamId: printId('team', ctx.actor.teamId),
    memberId: printId('mem', owner),
    apiKey,
    ...demoSignIn(services.vault),
  };
}

/** Finds the demo's team, complete or not. Another team with the same slug is ignored. */
async function findDemo(services: Services): Promise<{ ctx: Context; complete: boolean } | null> {
  const team = await findTeamBySlug(services.database.db, slugFrom(TEAM.name));
  if (!team) return null;
  const ctx = operatorContext(services, team.id);
  if (await isComplete(ctx)) return { ctx, complete: true };
  const { data } = await listMembers(ctx, { limit: 1, role: 'owner', query: OWNER.email });
  return data.length > 0 ? { ctx, complete: false } : null;
}

async function beginTeam(services: Services, at: Date): Promise<Context> {
  const { password } = demoSignIn(services.vault);
  const { teamId } = await createTeam(
    services,
    { ...TEAM, owner: { ...OWNER, password }, rates: sampleRates() },
    { at },
  );
  return operatorContext(services, teamId);
}

const operatorContext = (services: Services, teamId: Context['actor']['teamId']): Context =>
  makeContext(services, { type: 'operator', teamId, currency: TEAM.currency, name: 'Operator', channel: 'cli' });

/** Finds the oldest member that may act for the team. */
async function findOwner(ctx: Context): Promise<string | undefined> {
  const { data } = await listMembers(ctx, { limit: 100, role: 'owner', status: 'active' });
  return data.at(-1)?.id;
}

try {
  // Past events are not emailed; they appear in the demo's own mailbox, if there is one.
  const inHouse = (services: Services): Services => ({
    ...services,
    mail: services.mail === 'mailbox' ? 'mailbox' : null,
  });
  console.log(JSON.stringify(await withServices((services) => makeDemo(inHouse(services)))));
} catch (error) {
  const { text, exitCode } = explainFailure(error);
  console.error(text);
  process.exitCode = exitCode;
}
