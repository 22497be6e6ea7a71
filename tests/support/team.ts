import type { Role, SeatActor } from '@/server/domain/actor';
import { makeCtx, type Ctx } from '@/server/domain/ctx';
import { newUuid7, printId, type TeamId } from '@/server/domain/ids';
import { fundTeam } from '@/server/domain/ledger/write';
import { findKeyHolder } from '@/server/domain/keys/read';
import { createMember } from '@/server/domain/members/write';
import { createMemberInput, type Member } from '@/server/domain/members/schema';
import { parseAmount } from '@/server/domain/money';
import { createTeam } from '@/server/domain/teams/write';
import { actorOf } from '@/server/http/gate';
import { services } from '@/server/http/services';
import { parseRateCard } from '@/server/domain/rates/rules';
import { ownerPool } from './owner-pool';
import { OWNER } from './passwords';

export { ownerPool } from './owner-pool';

/** Every test's own team: prices are 0.01 a segment to anywhere in +1 and +44, 0.10 to +49, nothing else. */
const CARD = 'country,prefix,price\n,1,0.01\n,44,0.01\n,49,0.10\n';

export const micros = (text: string): bigint => parseAmount(text)!;

export type TestTeam = {
  teamId: TeamId;
  /** `team_…` */
  id: string;
  ownerId: string;
  ownerKey: string;
  /** The operator in this team. */
  operator: Ctx;
  /** Its first owner, as his key acts. */
  owner: Ctx;
};

let made = 0;

/** A new team with its first owner, funded. */
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
  const operator = makeCtx(services(), { type: 'operator', teamId, currency, name: 'Operator', door: 'cli' });
  if (options.fund !== '0') await fundTeam(operator, { amount: micros(options.fund ?? '1000.00') });
  const owner = await ctxOf(apiKey);
  return { teamId, id: printId('team', teamId), ownerId: memberId, ownerKey: apiKey, operator, owner };
}

/** What a key may do now, as a context. */
export async function ctxOf(apiKey: string): Promise<Ctx & { actor: SeatActor }> {
  const holder = await findKeyHolder(services(), apiKey);
  if (!holder) throw new Error('This key holds nothing.');
  const actor = actorOf(holder, '192.0.2.1');
  return { ...makeCtx(services(), actor), actor };
}

export type TestMember = { id: string; mem: string; key: string; member: Member };

/** A member of a team; `recharge` and `credit` as the API takes them. */
export async function addMember(
  team: TestTeam,
  input: { role?: Role; credit?: string; recharge?: object; name?: string; email?: string; externalId?: string } = {},
): Promise<TestMember> {
  const { member, secrets } = await createMember(team.operator, await createMemberInput.parseAsync(input));
  return { id: member.id, mem: printId('mem', member.id), key: secrets.apiKey, member };
}

/** Gives a member a sign-in that was generated with it, as by `generatePassword`, and a session; answers the session's id. */
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

/** An address that nobody has. */
export const someAddress = (): string => `someone-${newUuid7()}@example.test`;
