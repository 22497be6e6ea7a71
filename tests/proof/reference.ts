/**
 * The product's rules of money, recharges and roles, written down a second time from their description alone and as
 * plainly as possible: one team in memory, one command after another. It imports nothing of the product, so that both
 * agree only by meaning the same. Amounts are micros; a member is named by its index in `members`.
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
/** `refusals` holds the refusal events of this episode, one a reason. */
type Rule = Terms & { waits: { since: number; reason: Reason } | null; refusals: Map<Reason | Rest, Event> };
/** An event of a rule's history: `need` is the amount that was needed, or that was added. */
type Event = {
  member: number;
  outcome: 'fired' | 'refused';
  reason: Reason | Rest | null;
  count: number;
  saw: bigint;
  need: bigint;
};
type Member = {
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
type Transfer = { kind: Kind; member: number | null; amount: bigint; at: number; reversed: boolean; reversal: boolean };
type Text = { member: number; cost: bigint; payer: 'master' | number; final: boolean };

export type World = {
  now: number;
  master: bigint;
  reserve: bigint;
  outside: bigint;
  usage: bigint;
  members: Member[];
  transfers: Transfer[];
  texts: Text[];
  /** The events that the last command wrote into the history of rules. */
  events: Event[];
  /** The ledger that the command brought money (or room) to while a rule waits, so that a job must run. */
  reached: 'master' | 'member' | null;
};

/** The actor: a member by its index, or the operator. */
export type Who = number | 'operator';
/** A command with its members and objects resolved. */
export type Command =
  | { do: 'create'; role: Role; email: string | null; credit: bigint | null; rule: Terms | null }
  | { do: 'credit'; member: number; amount: bigint; dryRun: boolean }
  | { do: 'debit'; member: number; amount: bigint | 'all'; dryRun: boolean }
  | { do: 'reverse'; transfer: number }
  | { do: 'send'; onBehalfOf: number | null; costs: bigint[] }
  | { do: 'report'; texts: number[]; status: 'delivered' | 'failed' }
  | { do: 'setRule'; member: number; rule: Terms }
  | { do: 'deleteRule' | 'activate' | 'deactivate' | 'delete' | 'restore'; member: number }
  | { do: 'role'; member: number; role: Role }
  | { do: 'reserve' | 'fund' | 'withdraw'; amount: bigint }
  | { do: 'serve' };

class Refused extends Error {}
const refuse = (answer: string): never => {
  throw new Refused(answer);
};
const short = (whose: 'master' | 'member', required: bigint, available: bigint) =>
  refuse(`insufficient_funds ${whose} ${required} ${available}`);

/** Creates a team with its first owner and nothing else. */
export const begin = (now: number): World => ({
  now,
  master: 0n,
  reserve: 0n,
  outside: 0n,
  usage: 0n,
  members: [newMember('owner', null)],
  transfers: [],
  texts: [],
  events: [],
  reached: null,
});

const newMember = (role: Role, email: string | null): Member => ({
  email,
  role,
  status: 'active',
  balance: 0n,
  mayTakeBack: false,
  deletedAt: 0,
  returned: 0n,
  rule: null,
});

/** Runs a command whole or not at all, and returns its outcome. */
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

/** Returns true when a job must look at the waiting rules after the last command. */
export function mustWake(world: World): boolean {
  return world.reached !== null && world.members.some((member) => member.rule?.waits);
}

const DEEDS: { [C in Command as C['do']]: (world: World, who: Who, command: C) => string } = {
  create(world, who, { role, email, credit, rule }) {
    mustBeOwner(world, who);
    if (isTaken(world, email)) refuse('email_taken');
    if (credit !== null && credit > world.master) short('master', credit, world.master);
    const index = world.members.push(newMember(role, email)) - 1;
    if (credit !== null) move(world, 'credit', index, 'master', index, credit);
    if (rule) giveRule(world, index, rule);
    return 'ok';
  },
  credit(world, who, { member, amount, dryRun }) {
    const { balance } = liveMember(world, who, member);
    if (amount > world.master) short('master', amount, world.master);
    if (!dryRun) move(world, 'credit', member, 'master', member, amount);
    return dryRun ? `ok ${world.master - amount} ${balance + amount}` : balances(world, member);
  },
  debit(world, who, { member, amount: asked, dryRun }) {
    const { balance } = liveMember(world, who, member);
    const amount = asked === 'all' ? balance : asked;
    if (amount > balance) short('member', amount, balance);
    if (!dryRun && amount > 0n) move(world, 'debit', member, member, 'master', amount);
    return dryRun ? `ok ${world.master + amount} ${balance - amount}` : balances(world, member);
  },
  reverse(world, who, { transfer }) {
    mustBeOwner(world, who);
    const past = world.transfers[transfer]!;
    const { kind, member, amount } = past;
    if (member === null || past.reversal || !['credit', 'debit', 'recharge'].includes(kind))
      return refuse('not_reversible');
    if (past.reversed) refuse('already_reversed');
    const { balance } = liveMember(world, who, member);
    if (kind === 'debit' && amount > world.master) short('master', amount, world.master);
    if (kind !== 'debit' && amount > balance) short('member', amount, balance);
    if (kind === 'debit') move(world, 'credit', member, 'master', member, amount);
    else move(world, 'debit', member, member, 'master', amount);
    past.reversed = true;
    world.transfers.at(-1)!.reversal = true;
    return balances(world, member);
  },
  send(world, who, { onBehalfOf, costs }) {
    if (who !== 'operator') mustBeLive(world.members[who]!);
    if (who !== 'operator' && onBehalfOf !== null && world.members[who]!.role !== 'owner') refuse('owner_required');
    const index = onBehalfOf ?? (who as number);
    const member = world.members[index]!;
    if (member.status === 'deleted') refuse('member_deleted');
    if (member.status === 'inactive') refuse('member_inactive');
    const cost = costs.reduce((sum, one) => sum + one, 0n);
    if (member.role === 'owner' && cost > world.master) short('master', cost, world.master);
    const held = member.balance;
    if (member.role === 'member') lookAtRule(world, index, cost, false);
    if (member.role === 'member' && cost > member.balance) short('member', cost, held);
    const payer = member.role === 'owner' ? 'master' : index;
    for (const one of costs) {
      move(world, 'charge', index, payer, 'usage', one);
      world.texts.push({ member: index, cost: one, payer, final: false });
    }
    return `ok ${cost} ${payer === 'master' ? world.master : member.balance}`;
  },
  report(world, _who, { texts, status }) {
    const open = [...new Set(texts)].map((place) => world.texts[place]!).filter((text) => !text.final);
    for (const text of open) {
      text.final = true;
      if (status === 'delivered') continue;
      const closed = text.payer !== 'master' && world.members[text.payer]!.status === 'deleted';
      move(world, 'refund', text.member, 'usage', closed ? 'master' : text.payer, text.cost);
    }
    return `ok ${open.length}`;
  },
  setRule(world, who, { member, rule }) {
    liveMember(world, who, member);
    giveRule(world, member, rule);
    return 'ok';
  },
  deleteRule(world, who, { member }) {
    mustBeOwner(world, who);
    if (!world.members[member]!.rule) refuse('not_found');
    world.members[member]!.rule = null;
    return 'ok';
  },
  activate(world, who, { member: index }) {
    const member = liveMember(world, who, index);
    if (member.status === 'active') return 'ok';
    Object.assign(member, { status: 'active', mayTakeBack: false });
    lookAtRule(world, index, 0n, false);
    return 'ok';
  },
  deactivate(world, who, { member: index }) {
    const member = liveMember(world, who, index);
    if (member.status === 'inactive') return 'ok';
    mustNotBeLastOwner(world, member);
    Object.assign(member, { status: 'inactive', mayTakeBack: false });
    endWaiting(member.rule);
    return 'ok';
  },
  delete(world, who, { member: index }) {
    mustBeOwner(world, who);
    const member = world.members[index]!;
    if (member.status !== 'deleted') {
      mustNotBeLastOwner(world, member);
      member.returned = member.balance;
      if (member.balance > 0n) move(world, 'closing', index, index, 'master', member.balance);
      endWaiting(member.rule);
      if (member.rule) member.rule.enabled = false;
      Object.assign(member, { status: 'deleted', deletedAt: world.now, mayTakeBack: false });
    }
    return `ok ${member.returned}`;
  },
  restore(world, who, { member: index }) {
    mustBeOwner(world, who);
    const member = world.members[index]!;
    if (member.status !== 'deleted') return 'ok';
    if (world.now - member.deletedAt > 14 * 86_400_000) refuse('member_deleted');
    if (isTaken(world, member.email)) refuse('email_taken');
    Object.assign(member, { status: 'active', role: 'member' });
    return 'ok';
  },
  role(world, who, { member: index, role }) {
    if (who !== 'operator') mustBeLive(world.members[who]!);
    const member = world.members[index]!;
    const isOwner = who === 'operator' || world.members[who]!.role === 'owner';
    const takesBack = who === index && role === 'owner' && member.mayTakeBack && activeOwners(world).length === 0;
    if (!isOwner && !takesBack) refuse('owner_required');
    if (member.status === 'deleted') refuse('member_deleted');
    if (member.role === role) return 'ok';
    Object.assign(member, { role, mayTakeBack: role === 'member' && who === index });
    if (role === 'owner') endWaiting(member.rule);
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
    const waiting = [...world.members.keys()].filter((index) => world.members[index]!.rule?.waits);
    const since = (index: number) => world.members[index]!.rule!.waits!.since;
    let served = 0;
    for (const index of waiting.toSorted((a, b) => since(a) - since(b))) {
      if (whyUnserved(world, index) === null && lookAtRule(world, index, 0n, true)) served += 1;
    }
    // A rule that goes on waiting takes the current reason; that is no refusal, so it makes no event.
    for (const index of waiting) {
      const { rule } = world.members[index]!;
      if (rule?.waits) rule.waits.reason = whyUnserved(world, index) ?? rule.waits.reason;
    }
    return `ok ${served}`;
  },
};

const balances = (world: World, member: number): string => `ok ${world.master} ${world.members[member]!.balance}`;

export const activeOwners = ({ members }: World): number[] =>
  [...members.keys()].filter((index) => members[index]!.role === 'owner' && members[index]!.status === 'active');

const isTaken = ({ members }: World, email: string | null): boolean =>
  email !== null && members.some((member) => member.status !== 'deleted' && member.email === email);

function mustBeLive({ status }: Member): void {
  if (status === 'inactive') refuse('member_inactive');
  if (status === 'deleted') refuse('invalid_key');
}

function mustBeOwner(world: World, who: Who): void {
  if (who === 'operator') return;
  mustBeLive(world.members[who]!);
  if (world.members[who]!.role !== 'owner') refuse('owner_required');
}

/** Returns the member that an owner acts on, if it is not deleted. */
function liveMember(world: World, who: Who, index: number): Member {
  mustBeOwner(world, who);
  const member = world.members[index]!;
  return member.status === 'deleted' ? refuse('member_deleted') : member;
}

function mustNotBeLastOwner(world: World, member: Member): void {
  const owners = activeOwners(world);
  if (owners.length === 1 && world.members[owners[0]!] === member) refuse('last_owner');
}

/**
 * Makes one transfer. Money for a member may end its waiting; money for an account with a waiting rule needs the job.
 */
function move(world: World, kind: Kind, member: number | null, from: Side, to: Side, amount: bigint): void {
  add(world, from, -amount);
  add(world, to, amount);
  world.transfers.push({ kind, member, amount, at: world.now, reversed: false, reversal: false });
  if (to === 'master') world.reached = 'master';
  if (typeof to !== 'number') return;
  const { rule, balance } = world.members[to]!;
  if (rule?.waits && balance >= rule.threshold) endWaiting(rule);
  else if (rule?.waits && kind !== 'recharge') world.reached ??= 'member';
}

function add(world: World, side: Side, amount: bigint): void {
  if (typeof side === 'number') world.members[side]!.balance += amount;
  else world[side] += amount;
}

function giveRule(world: World, index: number, terms: Terms): void {
  const member = world.members[index]!;
  // A changed rule keeps its place when it goes on waiting.
  const rule = { ...terms, waits: member.rule?.waits ?? null, refusals: new Map() };
  member.rule = rule;
  if (!rule.enabled || member.balance >= rule.threshold) endWaiting(rule);
  lookAtRule(world, index, 0n, false);
}

function endWaiting(rule: Rule | null): void {
  if (rule?.waits) Object.assign(rule, { waits: null, refusals: new Map() });
}

/**
 * Applies a rule before a charge, or (with a charge of 0) when it is looked at without one; returns true when it fires.
 */
function lookAtRule(world: World, index: number, charge: bigint, byJob: boolean): boolean {
  const member = world.members[index]!;
  const { rule, balance } = member;
  const after = balance - charge;
  if (!rule?.enabled || after >= rule.threshold) return false;
  const need = needOf(rule, after);
  const event: Event = { member: index, outcome: 'refused', reason: null, count: 1, saw: balance, need };
  if (member.status !== 'active') return remember(world, rule, { ...event, reason: 'member_inactive' });
  if (member.role === 'owner') return remember(world, rule, { ...event, reason: 'owner' });
  const amount = cutByCap(rule, need, drawnBy(world, index));
  const reason = refusalOf(world, amount, balance, charge);
  if (reason === null) move(world, 'recharge', index, 'master', index, amount);
  const left = member.balance < charge ? member.balance : member.balance - charge;
  const isLow = left < rule.threshold;
  // A job that passes the rule over for its known reason makes no event.
  const known = byJob && rule.waits?.reason === reason;
  if (reason !== null && !known) remember(world, rule, { ...event, reason });
  if (reason === null) {
    rule.refusals = new Map();
    world.events.push({ ...event, outcome: 'fired', reason: isLow ? 'cap_reached' : null, need: amount });
  }
  if (isLow) rule.waits = { since: rule.waits?.since ?? world.now, reason: reason ?? 'cap_reached' };
  else endWaiting(rule);
  return reason === null;
}

/** Returns the reason why a waiting rule cannot be served now, or null. */
function whyUnserved(world: World, index: number): Reason | null {
  const { rule, balance } = world.members[index]!;
  return refusalOf(world, cutByCap(rule!, needOf(rule!, balance), drawnBy(world, index)), balance, 0n);
}

/** Returns the reason why the amount that a cap has left cannot be paid or does not help, or null. */
function refusalOf(world: World, amount: bigint, balance: bigint, charge: bigint): Reason | null {
  if (amount === 0n || balance + amount < charge) return 'cap_reached';
  if (world.master < amount) return 'master_short';
  return world.master - amount < world.reserve ? 'reserve' : null;
}

/** Counts refusals of one episode for one reason in one event. */
function remember(world: World, rule: Rule, event: Event): false {
  const past = rule.refusals.get(event.reason!);
  if (past) past.count += 1;
  else rule.refusals.set(event.reason!, event);
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

/**
 * Returns the amount recharged in the UTC month of the member's cap, or in this UTC day, by any rule, reversed or not.
 */
export function drawnBy({ now, transfers, members }: World, index: number): bigint {
  const length = members[index]!.rule?.cap?.period === 'month' ? 'yyyy-mm'.length : 'yyyy-mm-dd'.length;
  const period = (time: number) => new Date(time).toISOString().slice(0, length);
  return transfers
    .filter(({ kind, member, at }) => kind === 'recharge' && member === index && period(at) === period(now))
    .reduce((sum, { amount }) => sum + amount, 0n);
}

/** Returns the state that a rule shows. */
export function ruleState({ rule, status, role }: Member): string {
  if (!rule) return 'none';
  if (!rule.enabled) return 'off';
  if (status !== 'active') return 'paused member_inactive';
  if (role === 'owner') return 'paused owner';
  return rule.waits ? `waiting ${rule.waits.reason}` : 'ready';
}
