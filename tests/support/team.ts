import { parseRateCard } from '@/server/domain/billing/rates/rules';
import type { Role, MemberActor } from '@/server/domain/core/actor';
import { makeContext, type Context } from '@/server/domain/core/context';
import { newUuid7, printId, type TeamId } from '@/server/domain/core/ids';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { findMemberByKey } from '@/server/domain/teams/api-keys/read';
import { createMember } from '@/server/domain/teams/members/write';
import { createMemberInput, type Member } from '@/server/domain/teams/members/schema';
import { parseAmount } from '@/server/domain/core/money';
import { createTeam } from '@/server/domain/teams/teams/write';
import { actorOf } from '@/server/http/authenticate';
import { services } from '@/server/http/services';
import { ownerPool } from './owner-pool';
import { OWNER } from './passwords';

export { ownerPool } from './owner-pool';

/** The card of every test's team: 0.01 a segment to anywhere in +1 and +44, 0.10 to +49, nothing else. */
const CARD = 'country,prefix,price\n,1,0.01\n,44,0.01\n,49,0.10\n';

export const micros = (text: string): bigint => parseAmount(text)!;

export type TestTeam = {
  teamId: TeamId;
  /** `team_…` */
  id: string;
  ownerId: string;
  ownerKey: string;
  /** The operator's context in this team. */
  operator: Context;
  /** The context of the first owner's key. */
  owner: Context;
};

let made = 0;

/** Creates a team with its first owner and money. */
export async function makeTeam(
  options: { fund?: string; currency?: string; card?: string; name?: string } = {},
): Promise<TestTeam> {
  made += 1;
  const currency = options.currency ?? 'USD';
  const card = parseRateCard(options.card ?? CARD);
  if (!('rows' in card)) throw new Error(JSON.stringify(card.problems));
  const email = `owner-${made}-${process.pid}-${Date.now()}@example.test`;
  const { teamId, memberId, apiKey } = await createTeam(services(), {
    name: options.name ?? `Team ${made}`,
    currency,
    owner: { name: 'First Owner', email, passwordHash: OWNER.hash },
    rates: card.rows,
  });
  const operator = makeContext(services(), { type: 'operator', teamId, currency, name: 'Operator', channel: 'cli' });
  if (options.fund !== '0') await fundTeam(operator, { amount: micros(options.fund ?? '1000.00') });
  const owner = await ctxOf(apiKey);
  return { teamId, id: printId('team', teamId), ownerId: memberId, ownerKey: apiKey, operator, owner };
}

/** Makes the context of a key with its current permissions. */
export async function ctxOf(apiKey: string): Promise<Context & { actor: MemberActor }> {
  const found = await findMemberByKey(services(), apiKey);
  if (!found) throw new Error('This key holds nothing.');
  const actor = actorOf(found, '192.0.2.1');
  return { ...makeContext(services(), actor), actor };
}

export type TestMember = { id: string; mem: string; key: string; member: Member };

/** Creates a member of a team; `recharge` and `credit` have the format of the API. */
export async function addMember(
  team: TestTeam,
  input: { role?: Role; credit?: string; recharge?: object; name?: string; email?: string; externalId?: string } = {},
): Promise<TestMember> {
  const { member, secrets } = await createMember(team.operator, await createMemberInput.parseAsync(input));
  return { id: member.id, mem: printId('mem', member.id), key: secrets.apiKey, member };
}

/** Gives a member a generated sign-in, like `generatePassword`, and a session; returns the session's id. */
export async function giveSignIn(memberId: string): Promise<string> {
  const [userId, sessionId] = [newUuid7(), newUuid7()];
  const email = `${userId}@members.invalid`;
  await ownerPool().query('INSERT INTO users (id, email, name) VALUES ($1, $2, $3)', [userId, email, 'Generated']);
  await ownerPool().query('UPDATE members SET user_id = $1 WHERE id = $2', [userId, memberId]);
  await ownerPool().query(`INSERT INTO sessions (id, user_id, expires_at) VALUES ($1, $2, now() + interval '1 day')`, [
    sessionId,
    userId,
  ]);
  return sessionId;
}

/** Returns an unused address. */
export const someAddress = (): string => `someone-${newUuid7()}@example.test`;
