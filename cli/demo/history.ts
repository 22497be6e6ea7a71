import { sql } from 'drizzle-orm';
import { type Context, type TxContext } from '@/server/domain/core/context';
import { findByReference, listTransfers } from '@/server/domain/billing/ledger/read';
import { findMemberByKey } from '@/server/domain/teams/api-keys/read';
import { openCurrentKey, rememberUse } from '@/server/domain/teams/api-keys/write';
import { fundTeam } from '@/server/domain/billing/ledger/write';
import { countRefusal, flushRefusals } from '@/server/domain/messaging/refusals/write';
import { listMembers } from '@/server/domain/teams/members/read';
import { reportMessages } from '@/server/domain/messaging/messages/write';
import { getTeam } from '@/server/domain/teams/teams/read';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { inviteSome } from './invitations';
import { CAST, OWNER, tag, TIGHT } from './people';
import { chance, type Random } from './random';
import { idOf, money, storyOf } from './story';
import { compose, sendTraffic, taken, trafficOf } from './traffic';
import { Clock, DAY, HOUR, MINUTE, SECOND, type Memberships } from './time';
import { runCommand } from '@/server/domain/core/transaction';

/** Returns the start of a history of `days` whole UTC days that ends `now`: a UTC midnight. */
export const beginningOf = (now: Date, days: number): Date => new Date((Math.floor(now.getTime() / DAY) - days) * DAY);

/** The operator's reference of the last step. The ledger keeps it, so it proves that the history is complete. */
const LAST_STEP = 'DEMO-COMPLETE';

export const isComplete = async (ctx: Context): Promise<boolean> =>
  (await findByReference(ctx, 'funding', LAST_STEP)) !== null;

/** The last minutes are reserved for messages still under way. */
const QUIET_MS = 10 * MINUTE;

/**
 * Plays the team's days until `now`, one transaction per day. An interrupted history continues with the day after the
 * last complete one.
 */
export async function liveUntil(asGiven: Context, now: Date): Promise<void> {
  // The history sends no email: three months of it would be useless, and the invitees are fictional.
  const ctx = { ...asGiven, mail: null };
  const begin = (await getTeam(ctx)).createdAt.getTime();
  // Every day has a transfer, so the newest one tells the last complete day.
  const newest = (await listTransfers(ctx, { limit: 1 })).data[0]?.createdAt.getTime();
  const first = newest === undefined ? 0 : Math.floor((newest - begin) / DAY) + 1;
  // A separate step, because a transaction reads the team's settings when it begins.
  if (first === 0)
    await updateTeam({ ...ctx, at: new Date(begin) }, { defaultSender: 'Acme', reserve: money('50.00') });
  for (let day = first; begin + day * DAY <= now.getTime(); day++) {
    await inOneTransaction(ctx, (tx) => live(tx, day, begin + day * DAY, now.getTime() - QUIET_MS));
  }
  await useKeys(ctx, now.getTime());
  await inviteSome({ ...ctx, mail: asGiven.mail === 'mailbox' ? 'mailbox' : null }, now.getTime());
  await inOneTransaction(ctx, (tx) => arrive(tx, now.getTime()));
  await refuseSome(ctx);
}

/** Adds today's refused sends: members with a waiting rule have no money, and a program has a wrong number. */
async function refuseSome(ctx: Context): Promise<void> {
  const { pool } = ctx.database;
  const { data } = await listMembers(ctx, { limit: 100, role: 'member', status: 'active' });
  const waiting = data.filter(({ recharge }) => recharge?.state === 'waiting');
  const refuse = (memberId: string, code: string, times: number) => {
    for (let i = 0; i < times; i++) countRefusal(pool, { teamId: ctx.actor.teamId, memberId }, code);
  };
  for (const [i, { id }] of waiting.entries()) refuse(id, 'insufficient_funds', 14 - 5 * (i % 3));
  const other = data.find(({ id }) => !waiting.some((one) => one.id === id));
  if (other) refuse(other.id, 'unroutable_number', 3);
  await flushRefusals(pool);
}

const inOneTransaction = (ctx: Context, work: (tx: TxContext) => Promise<void>) =>
  runCommand(ctx, 'members.manage', work);

async function live(tx: TxContext, day: number, midnight: number, until: number): Promise<void> {
  // The same few statements run thousands of times: planning each again would take a fifth of the time.
  await tx.db.execute(sql`SET LOCAL plan_cache_mode = force_generic_plan`);
  const clock = new Clock(tx, midnight);
  const members = await membersByTag(tx);
  const moments = [...storyOf(day, midnight), ...trafficOf(day, midnight, CAST)];
  for (const { at, happens } of moments.toSorted((a, b) => a.at - b.at)) {
    if (at > until) return;
    clock.reach(at);
    await happens(clock, members);
  }
}

async function membersByTag(tx: TxContext): Promise<Memberships> {
  const { data } = await listMembers(tx, { limit: 100 });
  return new Map(data.map((member) => [tag(member), member]));
}

/** Records the use of the senders' keys, from addresses reserved for documentation. */
async function useKeys(ctx: Context, now: number): Promise<void> {
  const { data } = await listMembers(ctx, { limit: 100, status: 'active', role: 'member' });
  for (const [n, { id }] of data.entries()) {
    const key = await openCurrentKey(ctx, id);
    const keyMember = key && (await findMemberByKey(ctx, key));
    const ago = QUIET_MS + chance('key', n).below(6 * HOUR);
    if (keyMember) await rememberUse(ctx, keyMember, `203.0.113.${10 + n}`, new Date(now - ago));
  }
}

/** The last messages: how long before now each was sent, and its delivery report. */
const LAST_MESSAGES = [
  { ago: 8 * MINUTE, said: 'delivered' },
  { ago: 320 * SECOND, said: 'delivered' },
  { ago: 200 * SECOND, said: 'delivered' },
  { ago: 75 * SECOND, said: 'sent' },
  { ago: 20 * SECOND, said: 'sent' },
  { ago: 12 * SECOND, said: 'nothing' },
  { ago: 8 * SECOND, said: 'nothing' },
] as const;

/** Sends the messages of the last minutes and writes the mark that the history is complete. */
async function arrive(tx: TxContext, now: number): Promise<void> {
  const clock = new Clock(tx, now - QUIET_MS);
  const members = await membersByTag(tx);
  const senders = CAST.filter(
    (one) => members.get(tag(one))?.status === 'active' && one.pace >= 8 && tag(one) !== TIGHT,
  );
  for (const [n, { ago, said }] of LAST_MESSAGES.entries()) {
    const random = chance('last', n);
    const user = random.pick(senders);
    clock.reach(now - ago);
    const messages = compose(user, user.about[0]!, 1 + random.below(3), random);
    const ids = await sendTraffic(clock.tx, idOf(members, user), messages);
    // The master balance pays an owner's message, so that some message is under way even when no member can pay.
    if (n % 2 === 0) ids.push(...(await sendTraffic(clock.tx, members.get(OWNER.email)!.id, [alertOf(random)])));
    if (said !== 'nothing') await reportMessages(clock.pass(2 * SECOND), ids.map(taken));
    const delivered = ids.map((id) => ({ id, status: 'delivered' as const }));
    if (said === 'delivered') await reportMessages(clock.pass(4 * SECOND), delivered);
  }
  clock.reach(now - 2 * SECOND);
  await fundTeam(clock.tx, { amount: money('50.00'), reference: LAST_STEP, note: 'Sandbox funding' });
}

const alertOf = (random: Random) => ({
  to: '+14155550199',
  body: `Acme monitoring: ${random.pick(['Europe', 'Africa', 'Asia'])} route answered in ${1 + random.below(4)}.${random.below(10)} s.`,
});
