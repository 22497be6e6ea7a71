import type { SeatActor } from '@/server/domain/actor';
import { makeCtx, type Ctx } from '@/server/domain/ctx';
import { findKeyHolder } from '@/server/domain/keys/read';
import { fundTeam } from '@/server/domain/ledger/write';
import { createMember } from '@/server/domain/members/write';
import { createTeam } from '@/server/domain/teams/write';
import { actorOf } from '@/server/http/gate';
import { services } from '@/server/http/services';

const UNIT = 1_000_000n;

export type BenchTeam = {
  ctx: Ctx & { actor: SeatActor };
  key: string;
  members: { id: string; key: string; ctx: Ctx }[];
};

let made = 0;

/** A team with a very full master and members that hold money too. */
export async function makeBenchTeam(memberCount: number): Promise<BenchTeam> {
  made += 1;
  const owner = { name: 'Owner', email: `bench-${made}-${Date.now()}@example.test`, password: 'correct horse battery' };
  const rates = [{ country: null, prefix: '1', price: 10_000n }];
  const { teamId, apiKey } = await createTeam(services(), { name: `Bench ${made}`, currency: 'USD', owner, rates });
  const operator = makeCtx(services(), { type: 'operator', teamId, currency: 'USD', name: 'Operator', door: 'cli' });
  await fundTeam(operator, { amount: 900_000_000n * UNIT });
  const members = [];
  for (let i = 0; i < memberCount; i++) {
    const { member, secrets } = await createMember(operator, { role: 'member', credit: 100_000n * UNIT });
    members.push({ id: member.id, key: secrets.apiKey, ctx: await ctxOf(secrets.apiKey) });
  }
  return { ctx: await ctxOf(apiKey), key: apiKey, members };
}

async function ctxOf(key: string): Promise<Ctx & { actor: SeatActor }> {
  const holder = await findKeyHolder(services(), key);
  if (!holder) throw new Error('The key was just made.');
  const actor = actorOf(holder, '127.0.0.1');
  return { ...makeCtx(services(), actor), actor };
}

export const pick = <T>(list: readonly T[]): T => list[Math.floor(Math.random() * list.length)]!;
