import { creditMember, debitMember, fundTeam, withdrawFromTeam } from '@/server/domain/billing/ledger/write';
import { listMembers } from '@/server/domain/teams/members/read';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  rotateKey,
  setRole,
} from '@/server/domain/teams/members/write';
import { MICROS_PER_UNIT, type Micros } from '@/server/domain/core/money';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { serveWaiting, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { getTeam } from '@/server/domain/teams/teams/read';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { CAMPAIGN, CAST, OWNER, tag, type DemoMember } from './people';
import { chance } from './random';
import { compose, isWeekend, report, sendTraffic } from './traffic';
import { HOUR, MINUTE, SECOND, type Clock, type Moment, type Memberships } from './time';
import { amount as amountSchema } from '@/server/domain/core/codecs';

export const money = (text: string): Micros => amountSchema.parse(text);
const whole = (amount: Micros): Micros => amount - (amount % MICROS_PER_UNIT);

/** The days on which a campaign has taken nearly all of the team's money and the next funding has not arrived. */
const SHORT = { from: 49, until: 52 };

/** Returns the events of a day besides sending: transfers, and members created and changed. */
export function storyOf(day: number, midnight: number): Moment[] {
  const planned = (STORY[day] ?? []).map(([hour, happens]): Moment => ({ at: midnight + hour * HOUR, happens }));
  return [
    // The worker does the same when caps reset.
    { at: midnight + 20 * SECOND, happens: ({ tx }) => serveWaiting(tx) },
    ...planned,
    { at: midnight + 6 * HOUR, happens: (clock) => fundWhenLow(clock, day) },
    { at: midnight + 6.5 * HOUR, happens: (clock, members) => tellOwner(clock, members, day) },
    ...(isWeekend(midnight) ? [] : [{ at: midnight + 7.2 * HOUR, happens: (clock: Clock) => topUp(clock, day) }]),
    ...CAST.flatMap((user, n) => changesOf(user, day, midnight + 8 * HOUR + n * 3 * MINUTE)),
    ...(day % 9 === 3 ? [{ at: midnight + 15.4 * HOUR, happens: (clock: Clock) => takeBack(clock, day) }] : []),
  ];
}

type Step = [hour: number, happens: Moment['happens']];

const STORY: Record<number, Step[]> = {
  0: [[5, (clock) => fund(clock, '300.00', 'INV-7701', 'Bank transfer, first funding')]],
  30: [[9, ({ tx }) => updateTeam(tx, { reserve: money('100.00'), lowBalance: money('150.00') })]],
  33: [
    [
      10.5,
      ({ tx }, members) =>
        rotateKey(tx, { memberId: members.get('hello@cedarandfinch.example')!.id, overlapSeconds: 86_400 }),
    ],
  ],
  40: [
    [9.2, (clock) => fund(clock, '300.00', 'INV-7740', 'Bank transfer')],
    [9.3, (clock) => fund(clock, '300.00', 'INV-7740 again', 'Bank transfer')],
  ],
  41: [
    [
      10,
      ({ tx }) =>
        withdrawFromTeam(tx, {
          amount: money('300.00'),
          reference: 'INV-7740 back',
          note: 'Paid twice by mistake, sent back',
        }),
    ],
  ],
  [SHORT.from]: [[9.5, startCampaign]],
  [SHORT.from + 1]: [[10, sendCampaign]],
  [SHORT.until]: [[11, (clock) => fund(clock, '400.00', 'INV-7752', 'Bank transfer, late because of the holiday')]],
  55: [[16, endCampaign]],
  58: [
    [
      11,
      ({ tx }, members) =>
        rotateKey(tx, { memberId: members.get('point12@kyiv-parcel.example')!.id, overlapSeconds: 0 }),
    ],
  ],
  84: [[9, (clock) => fund(clock, '1500.00', 'INV-7784', 'Bank transfer, budget of the next quarter')]],
};

async function fund(clock: Clock, amount: string, reference: string, note: string): Promise<void> {
  await fundTeam(clock.tx, { amount: money(amount), reference, note });
  await serveWaiting(clock.pass(SECOND));
}

async function fundWhenLow(clock: Clock, day: number): Promise<void> {
  if (day >= SHORT.from && day <= SHORT.until) return;
  const { masterBalance } = await getTeam(clock.tx);
  if (masterBalance < money('160.00')) await fund(clock, '150.00', `BANK-${1000 + day}`, 'Bank transfer');
}

// Takes nearly all of the money, so that recharges find nothing above the reserve until the next funding.
async function startCampaign({ tx }: Clock, members: Memberships): Promise<void> {
  const { masterBalance, reserve } = await getTeam(tx);
  const amount = whole(masterBalance - reserve - money('3.00'));
  const words = {
    note: 'Campaign of the harvest fair, agreed with Mateo',
    noteForMember: 'Your budget for the harvest fair',
  };
  await creditMember(tx, { memberId: members.get(CAMPAIGN)!.id, amount, ...words });
}

async function sendCampaign(clock: Clock, members: Memberships): Promise<void> {
  const random = chance('campaign');
  const user = CAST.find((one) => tag(one) === CAMPAIGN)!;
  const ids = await sendTraffic(
    clock.tx,
    members.get(CAMPAIGN)!.id,
    compose({ ...user, pace: 60 }, 'market', 320, random),
  );
  await report(clock, ids, random);
}

async function endCampaign(clock: Clock): Promise<void> {
  const { tx } = clock;
  const { data } = await listMembers(tx, { limit: 1, query: CAMPAIGN });
  const { id, balance } = data[0]!;
  const words = { note: 'Campaign over, the rest goes back', noteForMember: 'What was left of the harvest fair' };
  await debitMember(tx, { memberId: id, amount: whole(balance - money('20.00')), ...words });
  await serveWaiting(clock.pass(SECOND));
}

function changesOf(user: DemoMember, day: number, at: number): Moment[] {
  const { joins, ruleLater, inactive, owner } = user;
  const steps: [number | undefined, Moment['happens']][] = [
    [joins, (clock, members) => join(clock, members, user)],
    [owner, ({ tx }, members) => setRole(tx, { memberId: idOf(members, user), role: 'owner' })],
    [ruleLater?.day, ({ tx }, members) => setRecharge(tx, idOf(members, user), rechargeInput.parse(ruleLater!.rule))],
    [
      inactive?.from,
      async ({ tx }, members) => members.set(tag(user), await deactivateMember(tx, idOf(members, user))),
    ],
    [inactive?.until, async ({ tx }, members) => members.set(tag(user), await activateMember(tx, idOf(members, user)))],
    [user.deleted, (clock, members) => leave(clock, members, user)],
  ];
  return steps.filter(([when]) => when === day).map(([, happens]) => ({ at, happens }));
}

export const idOf = (members: Memberships, user: DemoMember): string => members.get(tag(user))!.id;

async function join({ tx }: Clock, members: Memberships, user: DemoMember): Promise<void> {
  const { name, email, externalId, metadata, credit, rule } = user;
  const input = await createMemberInput.parseAsync({ name, email, externalId, metadata, credit, recharge: rule });
  const { member } = await createMember(tx, input);
  members.set(tag(user), member);
}

async function leave(clock: Clock, members: Memberships, user: DemoMember): Promise<void> {
  await deleteMember(clock.tx, idOf(members, user));
  members.delete(tag(user));
  await serveWaiting(clock.pass(SECOND));
}

const TOP_UPS: [note: string, noteForMember?: string][] = [
  ['Top-up', 'Your weekly top-up'],
  ['Asked for by phone'],
  ['Budget of the month', 'Your budget for this month'],
  ['Invoice paid'],
  ['Top-up, agreed with Dana', 'As agreed with Dana'],
];

/** Tops up members without a useful rule that run low, each working morning. */
async function topUp(clock: Clock, day: number): Promise<void> {
  const random = chance('top-up', day);
  let left = (await getTeam(clock.tx)).masterBalance - money('120.00');
  const { data } = await listMembers(clock.tx, { limit: 100, status: 'active' });
  for (const member of data.toReversed()) {
    const user = CAST.find((one) => tag(one) === tag(member));
    if (!user || user.pace === 0 || member.role === 'owner' || member.recharge?.enabled) continue;
    const amount = BigInt(Math.max(3, Math.round(user.pace * 0.9))) * MICROS_PER_UNIT;
    if (member.balance > amount / 4n || amount > left) continue;
    const [note, noteForMember] = random.pick(TOP_UPS);
    const tx = clock.pass(3 * SECOND + random.below(10 * SECOND));
    await creditMember(tx, { memberId: member.id, amount, note, noteForMember });
    left -= amount;
  }
}

const CUTS: [note: string, noteForMember?: string][] = [
  ['Credited to the wrong account', 'Correction of a credit'],
  ['Budget cut, see the minutes of Monday', 'Your budget for this month was lowered'],
  ['Not needed this month'],
];

/** Debits a member now and then. Never while money is short, because that would end the waiting. */
async function takeBack(clock: Clock, day: number): Promise<void> {
  const random = chance('take-back', day);
  const { tx } = clock;
  const { data } = await listMembers(tx, { limit: 100, role: 'member' });
  const candidates = data.filter(({ recharge, balance }) => !recharge?.enabled && balance > money('4.00'));
  if (candidates.length === 0) return;
  const { id, balance } = random.pick(candidates);
  const [note, noteForMember] = random.pick(CUTS);
  await debitMember(tx, { memberId: id, amount: whole(balance / 2n), note, noteForMember });
  await serveWaiting(clock.pass(SECOND));
}

/** Sends the night's figures to the first owner's phone: an owner's messages are paid from the master balance. */
async function tellOwner(clock: Clock, members: Memberships, day: number): Promise<void> {
  const random = chance('tell-owner', day);
  const owner = members.get(OWNER.email);
  if (owner?.status !== 'active') return;
  const body = `Acme night report: ${members.size} accounts, ${10 + random.below(90)} texts since midnight, carrier links up.`;
  const ids = await sendTraffic(clock.tx, owner.id, [{ to: '+14155550199', body }]);
  await report(clock, ids, random);
}
