import type { TxContext } from '@/server/domain/core/context';
import { Refusal } from '@/server/domain/core/errors';
import type { NewMessage } from '@/server/domain/messaging/messages/schema';
import { reportMessages, sendMessages, type Report } from '@/server/domain/messaging/messages/write';
import { tag, type DemoMember } from './people';
import { chance, type Random } from './random';
import { phoneNumber, write, type Topic } from './texts';
import { HOUR, type Clock, type Moment, type Memberships } from './time';

type Batch = { user: DemoMember; messages: NewMessage[] };

export const isWeekend = (midnight: number): boolean => [0, 6].includes(new Date(midnight).getUTCDay());

/**
 * Returns everything sent on a UTC day, in rounds of some seconds: growing from day to day, less at weekends. Members
 * that cannot send then (inactive, deleted, without money) are skipped when the event runs.
 */
export function trafficOf(day: number, midnight: number, cast: DemoMember[]): Moment[] {
  const random = chance('traffic', day);
  const rounds = Array.from({ length: isWeekend(midnight) ? 9 : 18 }, () => {
    // Most traffic falls into Europe's day; codes and customers overseas come at any time.
    const hours = random.next() < 0.8 ? 5.5 + 14.5 * random.next() : 0.2 + 23.6 * random.next();
    return { at: midnight + Math.floor(hours * HOUR), batches: new Array<Batch>() };
  });
  for (const user of cast.filter(({ joins }) => joins <= day)) {
    for (const batch of batchesOf(user, day, midnight)) random.pick(rounds).batches.push(batch);
  }
  return rounds.map(({ at, batches }, n) => ({
    at,
    happens: (clock, members) => sendRound(clock, members, batches, chance('round', day, n)),
  }));
}

function batchesOf(user: DemoMember, day: number, midnight: number): Batch[] {
  const random = chance('batches', tag(user), day);
  const growth = 0.36 + 0.36 * Math.min(1, day / 90);
  const rhythm = isWeekend(midnight) ? 0.35 : 1;
  let left = Math.round(user.pace * growth * rhythm * (0.5 + random.next()));
  // Members with few messages send every other day.
  if (left < 4) left = random.next() < 0.5 ? 2 * left : 0;
  const batches: Batch[] = [];
  while (left > 0) {
    const topic = random.next() < 0.65 ? user.about[0]! : random.pick(user.about);
    const size = Math.min(left, topic === 'market' ? 4 + random.below(9) : 1 + random.below(8));
    batches.push({ user, messages: compose(user, topic, size, random) });
    left -= size;
  }
  return batches;
}

/** Writes texts to some of a member's customers. A campaign sends the same text to all customers in a country. */
export function compose(user: DemoMember, topic: Topic, size: number, random: Random): NewMessage[] {
  const seed = random.below(1e9);
  return Array.from({ length: size }, (_, i): NewMessage => {
    // The same customers return, the older ones more often.
    const customer = chance(tag(user), Math.floor(random.next() ** 2 * (10 + 6 * user.pace)));
    const country = customer.next() < 0.6 ? user.to[0]! : customer.pick(user.to);
    const to = phoneNumber(country, customer);
    const body = write(topic, country, chance(seed, topic === 'market' ? 0 : i));
    const number = /\b[1-9]\d{4}\b/.exec(body)?.[0];
    const reference = user.externalId !== undefined && number ? { reference: `${topic}-${number}` } : {};
    return { to, body, ...(user.from !== undefined && { from: user.from }), ...reference };
  });
}

/**
 * Sends messages of a member; messages refused for lack of money are skipped.
 * @returns the ids of the messages
 */
export async function sendTraffic(tx: TxContext, memberId: string, messages: NewMessage[]): Promise<string[]> {
  const result = await sendMessages(tx, { onBehalfOf: memberId, messages, many: false });
  return result instanceof Refusal ? [] : result.data.map(({ id }) => id);
}

async function sendRound(clock: Clock, members: Memberships, batches: Batch[], random: Random): Promise<void> {
  const ids: string[] = [];
  for (const { user, messages } of batches) {
    const member = members.get(tag(user));
    if (member?.status !== 'active') continue;
    ids.push(...(await sendTraffic(clock.pass(200 + random.below(2_500)), member.id, messages)));
  }
  await report(clock, ids, random);
}

const FAILURES = [
  { code: 'undelivered', detail: 'The carrier could not deliver the message.' },
  { code: 'unknown_subscriber', detail: 'The number is not in use.' },
  { code: 'absent_subscriber', detail: 'The phone was off or out of coverage.' },
  { code: 'handset_full', detail: 'The phone’s memory is full.' },
];
const BLOCKED = { code: 'blocked', detail: 'The recipient opted out.' };

/** Returns the report of a message accepted by the sandbox, which polls for messages without a final report. */
export const taken = (id: string): Report => ({ id, status: 'sent', carrier: 'sandbox', ref: `sandbox-${id}` });

/** Reports on recent messages: accepted after seconds, then delivered in two waves, or failed. */
export async function report(clock: Clock, ids: string[], random: Random): Promise<void> {
  const [first, quick, slow] = [new Array<Report>(), new Array<Report>(), new Array<Report>()];
  for (const id of ids) {
    const fate = random.below(1_000);
    first.push(fate < 7 ? { ...taken(id), status: 'failed', ...BLOCKED } : taken(id));
    if (fate >= 30) (fate < 800 || ids.length < 4 ? quick : slow).push({ id, status: 'delivered' });
    else if (fate >= 7) slow.push({ id, status: 'failed', ...random.pick(FAILURES) });
  }
  await reportMessages(clock.pass(400 + random.below(1_500)), first);
  await reportMessages(clock.pass(1_500 + random.below(4_000)), quick);
  await reportMessages(clock.pass(3_000 + random.below(20_000)), slow);
}
