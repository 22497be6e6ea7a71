import { randomBytes } from 'node:crypto';
import { makeCtx, type Ctx, type Services } from '@/server/domain/ctx';
import { printId } from '@/server/domain/ids';
import { openCurrentKey } from '@/server/domain/keys/write';
import { creditMember, fundTeam } from '@/server/domain/ledger/write';
import { listMembers } from '@/server/domain/members/read';
import { createMember, deactivateMember } from '@/server/domain/members/write';
import { sendMessages } from '@/server/domain/messages/write';
import { amount as amountSchema } from '@/server/domain/money';
import { rechargeInput } from '@/server/domain/recharge/schema';
import { findTeamBySlug } from '@/server/domain/teams/read';
import { slugFrom } from '@/server/domain/teams/rules';
import { createTeam, updateTeam } from '@/server/domain/teams/write';
import { defaultRates } from './team';
import { accepted, explain, withServices } from './run';

const money = (text: string) => amountSchema.parse(text);

type Demo = { teamId: string; memberId: string; apiKey: string };

const TEAM = 'Acme Messaging';

/**
 * A small team, made through the verbs: members with and without a rule, one that is inactive, and a few messages.
 * Called again (its answer was lost), it answers the team that is there.
 */
async function makeDemo(): Promise<Demo> {
  return withServices(async (services) => {
    const known = await findDemo(services);
    if (known) return known;
    const owner = { name: 'Dana Okafor', email: 'owner@demo.invalid', password: randomBytes(18).toString('base64url') };
    const made = await createTeam(services, { name: TEAM, currency: 'USD', owner, rates: defaultRates() });
    const ctx = makeCtx(services, {
      type: 'operator',
      teamId: made.teamId,
      currency: 'USD',
      name: 'Operator',
      door: 'cli',
    });
    await fundTeam(ctx, { amount: money('1000.00'), reference: 'demo funding', note: 'Sandbox funding of the demo' });
    await updateTeam(ctx, { defaultSender: 'Acme', reserve: money('100.00') });
    await makeMembers(ctx);
    return { teamId: printId('team', made.teamId), memberId: printId('mem', made.memberId), apiKey: made.apiKey };
  });
}

async function findDemo(services: Services): Promise<Demo | null> {
  const team = await findTeamBySlug(services.database.db, slugFrom(TEAM));
  if (!team) return null;
  const ctx = makeCtx(services, {
    type: 'operator',
    teamId: team.id,
    currency: team.currency,
    name: 'Operator',
    door: 'cli',
  });
  const { data } = await listMembers(ctx, { role: 'owner', limit: 1 });
  const apiKey = data[0] && (await openCurrentKey(ctx, data[0].id));
  return data[0] && apiKey ? { teamId: printId('team', team.id), memberId: printId('mem', data[0].id), apiKey } : null;
}

async function makeMembers(ctx: Ctx): Promise<void> {
  const north = await createMember(ctx, {
    name: 'North depot',
    email: 'north@demo.invalid',
    role: 'member',
    credit: money('25.00'),
    recharge: rechargeInput.parse({ threshold: '5.00', target: '50.00', cap: { amount: '200.00', period: 'month' } }),
  });
  const harbour = await createMember(ctx, {
    name: 'Harbour office',
    email: 'harbour@demo.invalid',
    role: 'member',
    credit: money('12.50'),
  });
  await createMember(ctx, {
    role: 'member',
    recharge: rechargeInput.parse({ threshold: '2.00', amount: '10.00', cap: { amount: '30.00', period: 'day' } }),
  });
  const closed = await createMember(ctx, { name: 'Summer campaign', role: 'member', credit: money('3.00') });
  await deactivateMember(ctx, closed.member.id);
  for (const [memberId, to, body] of [
    [north.member.id, '+14155550101', 'Your order is ready for collection at the north depot.'],
    [north.member.id, '+447700900123', 'Your parcel leaves today.'],
    [harbour.member.id, '+4915112345678', 'Ankunft um 14:30 — Tor 3.'],
    [harbour.member.id, '+14155550001', 'This number always fails in the sandbox, and the message is refunded.'],
  ] as const) {
    accepted(await sendMessages(ctx, { onBehalfOf: memberId, messages: [{ to, body }], many: false }));
  }
  await creditMember(ctx, { memberId: harbour.member.id, amount: money('7.50'), note: 'Autumn budget' });
}

try {
  console.log(JSON.stringify(await makeDemo()));
} catch (error) {
  const { text, exitCode } = explain(error);
  console.error(text);
  process.exitCode = exitCode;
}
