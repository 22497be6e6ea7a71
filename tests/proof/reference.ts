/**
 * The product's rules of money, recharges and roles, written down a second time from their description alone and as plainly
 * as can be: one team in memory, one command after another. It imports nothing of the product, so that the two can only
 * agree by meaning the same. Amounts are micros; a seat is named by its place in `seats`.
 */
type Reason = 'master_short' | 'reserve' | 'cap_reached';
type Rest = 'member_inactive' | 'owner';
type Role = 'owner' | 'member';
export type Terms = {
  enabled: boolean;
  threshold: bigint;
  amount?: bigint;
  target?: bigint;
  cap: { amount: bigint; period: 'day' | 'month' } | null;
};
/** `told`: the refusals of this episode, one a reason. */
type Rule = Terms & { waits: { since: number; reason: Reason } | null; told: Map<Reason | Rest, Event> };
/** What a rule's history says: `need` is what would have been needed, or what was added. */
type Event = {
  seat: number;
  outcome: 'fired' | 'refused';
  reason: Reason | Rest | null;
  count: number;
  saw: bigint;
  need: bigint;
};
type Seat = {
  email: string | null;
  role: Role;
  status: 'active' | 'inactive' | 'deleted';
  balance: bigint;
  mayTakeBack: boolean;
  deletedAt: number;
  returned: bigint;
  rule: Rule | null;
};
type Side = 'master' | 'outside' | 'usage' | number;
type Kind = 'funding' | 'withdrawal' | 'credit' | 'debit' | 'recharge' | 'charge' | 'refund' | 'closing';
type Transfer = { kind: Kind; seat: number | null; amount: bigint; at: number; reversed: boolean; reversal: boolean };
type Text = { seat: number; cost: bigint; payer: 'master' | number; final: boolean };

export type World = {
  now: number;
  master: bigint;
  reserve: bigint;
  outside: bigint;
  usage: bigint;
  seats: Seat[];
  transfers: Transfer[];
  texts: Text[];
  /** What the last command wrote into the history of rules. */
  events: Event[];
  /** Whether the command brought money (or room) to where a rule still waits, so that a job must look. */
  reached: 'master' | 'seat' | null;
};

/** Who asks: a seat, or the operator. */
export type Who = number | 'operator';
/** What is asked, with places already found out. */
export type Command =
  | { do: 'create'; role: Role; email: string | null; credit: bigint | null; rule: Terms | null }
  | { do: 'credit'; seat: number; amount: bigint; dryRun: boolean }
  | { do: 'debit'; seat: number; amount: bigint | 'all'; dryRun: boolean }
  | { do: 'reverse'; transfer: number }
  | { do: 'send'; onBehalfOf: number | null; costs: bigint[] }
  | { do: 'report'; texts: number[]; status: 'delivered' | 'failed' }
  | { do: 'setRule'; seat: number; rule: Terms }
  | { do: 'deleteRule' | 'activate' | 'deactivate' | 'delete' | 'restore'; seat: number }
  | { do: 'role'; seat: number; role: Role }
  | { do: 'reserve' | 'fund' | 'withdraw'; amount: bigint }
  | { do: 'serve' };

class Refused extends Error {}
const refuse = (answer: string): never => {
  throw new Refused(answer);
};
const short = (whose: 'master' | 'member', required: bigint, available: bigint) =>
  refuse(`insufficient_funds ${whose} ${required} ${available}`);

/** A team with its first owner and nothing else. */
export const begin = (now: number): World => ({
  now,
  master: 0n,
  reserve: 0n,
  outside: 0n,
  usage: 0n,
  seats: [newSeat('owner', null)],
  transfers: [],
  texts: [],
  events: [],
  reached: null,
});

const newSeat = (role: Role, email: string | null): Seat => ({
  email,
  role,
  status: 'active',
  balance: 0n,
  mayTakeBack: false,
  deletedAt: 0,
  returned: 0n,
  rule: null,
});

/** Does what is asked, or nothing at all, and says what the asker is told. */
export function obey(world: World, who: Who, command: Command): string {
  world.reached = null;
  world.events = [];
  try {
    return DEEDS[command.do](world, who, command as never);
  } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
}

/** Whether a job must look at the waiting after the last command. */
export function mustWake(world: World): boolean {
  return world.reached !== null && world.seats.some((seat) => seat.rule?.waits);
}

const DEEDS: { [C in Command as C['do']]: (world: World, who: Who, command: C) => string } = {
  create(world, who, { role, email, credit, rule }) {
    mustBeOwner(world, who);
    if (isTaken(world, email)) refuse('email_taken');
    if (credit !== null && credit > world.master) short('master', credit, world.master);
    const index = world.seats.push(newSeat(role, email)) - 1;
    if (credit !== null) move(world, 'credit', index, 'master', index, credit);
    if (rule) giveRule(world, index, rule);
    return 'ok';
  },
  credit(world, who, { seat, amount, dryRun }) {
    const { balance } = liveSeat(world, who, seat);
    if (amount > world.master) short('master', amount, world.master);
    if (!dryRun) move(world, 'credit', seat, 'master', seat, amount);
    return dryRun ? `ok ${world.master - amount} ${balance + amount}` : balances(world, seat);
  },
  debit(world, who, { seat, amount: asked, dryRun }) {
    const { balance } = liveSeat(world, who, seat);
    const amount = asked === 'all' ? balance : asked;
    if (amount > balance) short('member', amount, balance);
    if (!dryRun && amount > 0n) move(world, 'debit', seat, seat, 'master', amount);
    return dryRun ? `ok ${world.master + amount} ${balance - amount}` : balances(world, seat);
  },
  reverse(world, who, { transfer }) {
    mustBeOwner(world, who);
    const past = world.transfers[transfer]!;
    const { kind, seat, amount } = past;
    if (seat === null || past.reversal || !['credit', 'debit', 'recharge'].includes(kind))
      return refuse('not_reversible');
    if (past.reversed) refuse('already_reversed');
    const { balance } = liveSeat(world, who, seat);
    if (kind === 'debit' && amount > world.master) short('master', amount, world.master);
    if (kind !== 'debit' && amount > balance) short('member', amount, balance);
    if (kind === 'debit') move(world, 'credit', seat, 'master', seat, amount);
    else move(world, 'debit', seat, seat, 'master', amount);
    past.reversed = true;
    world.transfers.at(-1)!.reversal = true;
    return balances(world, seat);
  },
  send(world, who, { onBehalfOf, costs }) {
    if (who !== 'operator') mustBeLive(world.seats[who]!);
    if (who !== 'operator' && onBehalfOf !== null && world.seats[who]!.role !== 'owner') refuse('owner_required');
    const index = onBehalfOf ?? (who as number);
    const seat = world.seats[index]!;
    if (seat.status === 'deleted') refuse('member_deleted');
    if (seat.status === 'inactive') refuse('member_inactive');
    const cost = costs.reduce((sum, one) => sum + one, 0n);
    if (seat.role === 'owner' && cost > world.master) short('master', cost, world.master);
    const held = seat.balance;
    if (seat.role === 'member') lookAtRule(world, index, cost, false);
    if (seat.role === 'member' && cost > seat.balance) short('member', cost, held);
    const payer = seat.role === 'owner' ? 'master' : index;
    for (const one of costs) {
      move(world, 'charge', index, payer, 'usage', one);
      world.texts.push({ seat: index, cost: one, payer, final: false });
    }
    return `ok ${cost} ${payer === 'master' ? world.master : seat.balance}`;
  },
  report(world, _who, { texts, status }) {
    const open = [...new Set(texts)].map((place) => world.texts[place]!).filter((text) => !text.final);
    for (const text of open) {
      text.final = true;
      if (status === 'delivered') continue;
      const closed = text.payer !== 'master' && world.seats[text.payer]!.status === 'deleted';
      move(world, 'refund', text.seat, 'usage', closed ? 'master' : text.payer, text.cost);
    }
    return `ok ${open.length}`;
  },
  setRule(world, who, { seat, rule }) {
    liveSeat(world, who, seat);
    giveRule(world, seat, rule);
    return 'ok';
  },
  deleteRule(world, who, { seat }) {
    mustBeOwner(world, who);
    if (!world.seats[seat]!.rule) refuse('not_found');
    world.seats[seat]!.rule = null;
    return 'ok';
  },
  activate(world, who, { seat: index }) {
    const seat = liveSeat(world, who, index);
    if (seat.status === 'active') return 'ok';
    Object.assign(seat, { status: 'active', mayTakeBack: false });
    lookAtRule(world, index, 0n, false);
    return 'ok';
  },
  deactivate(world, who, { seat: index }) {
    const seat = liveSeat(world, who, index);
    if (seat.status === 'inactive') return 'ok';
    mustNotBeLastOwner(world, seat);
    Object.assign(seat, { status: 'inactive', mayTakeBack: false });
    endWaiting(seat.rule);
    return 'ok';
  },
  delete(world, who, { seat: index }) {
    mustBeOwner(world, who);
    const seat = world.seats[index]!;
    if (seat.status !== 'deleted') {
      mustNotBeLastOwner(world, seat);
      seat.returned = seat.balance;
      if (seat.balance > 0n) move(world, 'closing', index, index, 'master', seat.balance);
      endWaiting(seat.rule);
      if (seat.rule) seat.rule.enabled = false;
      Object.assign(seat, { status: 'deleted', deletedAt: world.now, mayTakeBack: false });
    }
    return `ok ${seat.returned}`;
  },
  restore(world, who, { seat: index }) {
    mustBeOwner(world, who);
    const seat = world.seats[index]!;
    if (seat.status !== 'deleted') return 'ok';
    if (world.now - seat.deletedAt > 14 * 86_400_000) refuse('member_deleted');
    if (isTaken(world, seat.email)) refuse('email_taken');
    Object.assign(seat, { status: 'active', role: 'member' });
    return 'ok';
  },
  role(world, who, { seat: index, role }) {
    if (who !== 'operator') mustBeLive(world.seats[who]!);
    const seat = world.seats[index]!;
    const isOwner = who === 'operator' || world.seats[who]!.role === 'owner';
    const takesBack = who === index && role === 'owner' && seat.mayTakeBack && activeOwners(world).length === 0;
    if (!isOwner && !takesBack) refuse('owner_required');
    if (seat.status === 'deleted') refuse('member_deleted');
    if (seat.role === role) return 'ok';
    Object.assign(seat, { role, mayTakeBack: role === 'member' && who === index });
    if (role === 'owner') endWaiting(seat.rule);
    else lookAtRule(world, index, 0n, false);
    return 'ok';
  },
  reserve(world, who, { amount }) {
    mustBeOwner(world, who);
    if (amount < world.reserve) world.reached = 'master';
    world.reserve = amount;
    return 'ok';
  },
  fund(world, _who, { amount }) {
    move(world, 'funding', null, 'outside', 'master', amount);
    return `ok ${world.master}`;
  },
  withdraw(world, _who, { amount }) {
    if (amount > world.master) short('master', amount, world.master);
    move(world, 'withdrawal', null, 'master', 'outside', amount);
    return `ok ${world.master}`;
  },
  serve(world) {
    const waiting = [...world.seats.keys()].filter((index) => world.seats[index]!.rule?.waits);
    const since = (index: number) => world.seats[index]!.rule!.waits!.since;
    let served = 0;
    for (const index of waiting.toSorted((a, b) => since(a) - since(b))) {
      if (whyUnserved(world, index) === null && lookAtRule(world, index, 0n, true)) served += 1;
    }
    // Who waits on does so for what stands in the way now; that is no refusal, so no event.
    for (const index of waiting) {
      const { rule } = world.seats[index]!;
      if (rule?.waits) rule.waits.reason = whyUnserved(world, index) ?? rule.waits.reason;
    }
    return `ok ${served}`;
  },
};

const balances = (world: World, seat: number): string => `ok ${world.master} ${world.seats[seat]!.balance}`;

export const activeOwners = ({ seats }: World): number[] =>
  [...seats.keys()].filter((index) => seats[index]!.role === 'owner' && seats[index]!.status === 'active');

const isTaken = ({ seats }: World, email: string | null): boolean =>
  email !== null && seats.some((seat) => seat.status !== 'deleted' && seat.email === email);

function mustBeLive({ status }: Seat): void {
  if (status === 'inactive') refuse('member_inactive');
  if (status === 'deleted') refuse('invalid_key');
}

function mustBeOwner(world: World, who: Who): void {
  if (who === 'operator') return;
  mustBeLive(world.seats[who]!);
  if (world.seats[who]!.role !== 'owner') refuse('owner_required');
}

/** The seat that an owner asks about, if it is not deleted. */
function liveSeat(world: World, who: Who, index: number): Seat {
  mustBeOwner(world, who);
  const seat = world.seats[index]!;
  return seat.status === 'deleted' ? refuse('member_deleted') : seat;
}

function mustNotBeLastOwner(world: World, seat: Seat): void {
  const owners = activeOwners(world);
  if (owners.length === 1 && world.seats[owners[0]!] === seat) refuse('last_owner');
}

/** One transfer. Money that comes to a seat may end its waiting; money that comes where a rule waits wants the job. */
function move(world: World, kind: Kind, seat: number | null, from: Side, to: Side, amount: bigint): void {
  add(world, from, -amount);
  add(world, to, amount);
  world.transfers.push({ kind, seat, amount, at: world.now, reversed: false, reversal: false });
  if (to === 'master') world.reached = 'master';
  if (typeof to !== 'number') return;
  const { rule, balance } = world.seats[to]!;
  if (rule?.waits && balance >= rule.threshold) endWaiting(rule);
  else if (rule?.waits && kind !== 'recharge') world.reached ??= 'seat';
}

function add(world: World, side: Side, amount: bigint): void {
  if (typeof side === 'number') world.seats[side]!.balance += amount;
  else world[side] += amount;
}

function giveRule(world: World, index: number, terms: Terms): void {
  const seat = world.seats[index]!;
  // A change is none of what ends waiting: a rule that goes on waiting keeps its place.
  const rule = { ...terms, waits: seat.rule?.waits ?? null, told: new Map() };
  seat.rule = rule;
  if (!rule.enabled || seat.balance >= rule.threshold) endWaiting(rule);
  lookAtRule(world, index, 0n, false);
}

function endWaiting(rule: Rule | null): void {
  if (rule?.waits) Object.assign(rule, { waits: null, told: new Map() });
}

/** What a rule does before a charge is taken, or (a charge of 0) when it is looked at without one: whether it fires. */
function lookAtRule(world: World, index: number, charge: bigint, byJob: boolean): boolean {
  const seat = world.seats[index]!;
  const { rule, balance } = seat;
  const after = balance - charge;
  if (!rule?.enabled || after >= rule.threshold) return false;
  const need = needOf(rule, after);
  const event: Event = { seat: index, outcome: 'refused', reason: null, count: 1, saw: balance, need };
  if (seat.status !== 'active') return remember(world, rule, { ...event, reason: 'member_inactive' });
  if (seat.role === 'owner') return remember(world, rule, { ...event, reason: 'owner' });
  const amount = cutByCap(rule, need, drawnBy(world, index));
  const reason = refusalOf(world, amount, balance, charge);
  if (reason === null) move(world, 'recharge', index, 'master', index, amount);
  const left = seat.balance < charge ? seat.balance : seat.balance - charge;
  const isLow = left < rule.threshold;
  // That the job passes it over for what it already waits for is no news.
  const known = byJob && rule.waits?.reason === reason;
  if (reason !== null && !known) remember(world, rule, { ...event, reason });
  if (reason === null) {
    rule.told = new Map();
    world.events.push({ ...event, outcome: 'fired', reason: isLow ? 'cap_reached' : null, need: amount });
  }
  if (isLow) rule.waits = { since: rule.waits?.since ?? world.now, reason: reason ?? 'cap_reached' };
  else endWaiting(rule);
  return reason === null;
}

/** Why a waiting rule is not served now; null: it can be. */
function whyUnserved(world: World, index: number): Reason | null {
  const { rule, balance } = world.seats[index]!;
  return refusalOf(world, cutByCap(rule!, needOf(rule!, balance), drawnBy(world, index)), balance, 0n);
}

/** Why the amount that a cap has left over cannot be paid or does not help; null: it can. */
function refusalOf(world: World, amount: bigint, balance: bigint, charge: bigint): Reason | null {
  if (amount === 0n || balance + amount < charge) return 'cap_reached';
  if (world.master < amount) return 'master_short';
  return world.master - amount < world.reserve ? 'reserve' : null;
}

/** Refusals of one episode for one reason are one event with a count. */
function remember(world: World, rule: Rule, event: Event): false {
  const past = rule.told.get(event.reason!);
  if (past) past.count += 1;
  else rule.told.set(event.reason!, event);
  world.events.push(past ?? event);
  return false;
}

function needOf({ threshold, amount, target }: Rule, after: bigint): bigint {
  if (amount === undefined) return target! - after;
  let steps = amount;
  while (after + steps < threshold) steps += amount;
  return steps;
}

function cutByCap({ cap, amount }: Rule, need: bigint, drawn: bigint): bigint {
  if (!cap || drawn + need <= cap.amount) return need;
  if (drawn >= cap.amount) return 0n;
  if (amount === undefined) return cap.amount - drawn;
  let steps = 0n;
  while (drawn + steps + amount <= cap.amount) steps += amount;
  return steps;
}

/** What a seat was recharged in the UTC month of its cap, or in this UTC day: whatever rule it was, reversed or not. */
export function drawnBy({ now, transfers, seats }: World, index: number): bigint {
  const length = seats[index]!.rule?.cap?.period === 'month' ? 'yyyy-mm'.length : 'yyyy-mm-dd'.length;
  const period = (time: number) => new Date(time).toISOString().slice(0, length);
  return transfers
    .filter(({ kind, seat, at }) => kind === 'recharge' && seat === index && period(at) === period(now))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

/** What a rule says of itself. */
export function ruleState({ rule, status, role }: Seat): string {
  if (!rule) return 'none';
  if (!rule.enabled) return 'off';
  if (status !== 'active') return 'paused member_inactive';
  if (role === 'owner') return 'paused owner';
  return rule.waits ? `waiting ${rule.waits.reason}` : 'ready';
}
