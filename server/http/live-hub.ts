import type { Services } from '@/server/domain/core/context';
import type { Notification, TeamChange } from '@/server/domain/core/change-feed';
import { printId } from '@/server/domain/core/ids';
import { listWatching, type WatchingMember } from '@/server/domain/identity/sessions/read';
import { describeFault, log } from '@/server/log';
import { listen } from './pg-listener';

/** The latest notifications kept for streams that reconnect, by number and by age. */
const KEPT_NOTIFICATIONS = 1_000;
const KEPT_MS = 5 * 60_000;

/** The shortest time between two events of a stream, in milliseconds. */
const PAUSE_MS = 250;
const AFTER_FAULT_MS = 1_000;

/** The interval of heartbeats, in milliseconds. Each heartbeat also checks that the session is still valid. */
const HEARTBEAT_MS = 15_000;

/** The missed heartbeats after which a stalled reader is disconnected. */
const MOST_HEARTBEATS_BEHIND = 4;

/** The most members named in one event; beyond it the event means "any". */
const MOST_MEMBERS = 100;

/** One subscribed browser. The database decides what it may receive each time before something is sent. */
export type Watcher = {
  sessionId: string;
  userId: string;
  /** Writes text; returns false while the reader is behind and accepts nothing. */
  send: (text: string) => boolean;
  end: () => void;
};

type Watch = Watcher & {
  unsent: TeamChange[];
  /** Set when the browser must refetch everything. */
  reset: boolean;
  heartbeatsBehind: number;
  /** Cached memberships: a filter for whom to check, not an authorisation. */
  memberships: Map<string, WatchingMember>;
};

type Kept = { id: string; at: number; changes: TeamChange[] };

/** All event streams of one process, fed by one listening connection. */
export class Hub {
  readonly #services: Services;
  readonly #listener: { stop: () => Promise<void> };
  readonly #watches = new Set<Watch>();
  readonly #heartbeat: NodeJS.Timeout;
  #kept: Kept[] = [];
  #due: NodeJS.Timeout | null = null;
  #isSending = false;
  #isHeartbeat = false;
  #sentAt = 0;

  constructor(services: Services, url: string, heartbeatMs = HEARTBEAT_MS) {
    this.#services = services;
    this.#listener = listen(url, {
      onNotification: (notification) => this.#receive(notification),
      onGap: () => this.#requireReset(),
    });
    this.#heartbeat = setInterval(() => {
      this.#isHeartbeat = true;
      this.#sendSoon();
    }, heartbeatMs);
    this.#heartbeat.unref();
  }

  get size(): number {
    return this.#watches.size;
  }

  /** Returns the number of streams of a user in this process. */
  countOf(userId: string): number {
    return [...this.#watches].filter((watch) => watch.userId === userId).length;
  }

  /** The id of the last notification: a later read of the database sees its changes. Null if none is known. */
  get lastId(): string | null {
    return this.#kept.at(-1)?.id ?? null;
  }

  /**
   * Adds a browser that resumes after the last event it received. If that event is no longer kept, the browser is told
   * to refetch everything.
   * @returns a function that removes it
   */
  add(watcher: Watcher, lastId: string | null, memberships: Map<string, WatchingMember>): () => void {
    const place = this.#kept.findLastIndex(({ id }) => id === lastId);
    const reset = place === -1;
    const missed = reset ? [] : this.#kept.slice(place + 1).flatMap(({ changes }) => changes);
    const watch: Watch = { ...watcher, unsent: missed, reset, heartbeatsBehind: 0, memberships };
    this.#watches.add(watch);
    if (hasNews(watch)) this.#sendSoon();
    return () => this.#watches.delete(watch);
  }

  /** Ends all streams, so that their browsers reconnect to another process. */
  async stop(): Promise<void> {
    clearInterval(this.#heartbeat);
    if (this.#due) clearTimeout(this.#due);
    for (const watch of this.#watches) this.#end(watch);
    await this.#listener.stop();
  }

  #end(watch: Watch): void {
    this.#watches.delete(watch);
    watch.end();
  }

  #receive({ id, changes }: Notification): void {
    const now = Date.now();
    this.#kept.push({ id, at: now, changes: changes ?? [] });
    if (changes === null) return this.#requireReset(id);
    const isOld = ({ at }: Kept) => now - at > KEPT_MS;
    while (this.#kept.length > KEPT_NOTIFICATIONS || (this.#kept.length > 1 && isOld(this.#kept[0]!)))
      this.#kept.shift();
    for (const watch of this.#watches) {
      for (const change of changes) if (watch.memberships.has(change.team)) watch.unsent.push(change);
      // Only a browser that reads nothing for a long time has so many.
      if (watch.unsent.length > KEPT_NOTIFICATIONS) this.#reset(watch);
    }
    this.#sendSoon();
  }

  /** Drops the notifications before `id` as incomplete and makes every browser refetch everything. */
  #requireReset(id?: string): void {
    this.#kept = this.#kept.filter((kept) => kept.id === id);
    for (const watch of this.#watches) this.#reset(watch);
    this.#sendSoon();
  }

  #reset(watch: Watch): void {
    watch.reset = true;
    watch.unsent = [];
  }

  #sendSoon(afterMs = this.#sentAt + PAUSE_MS - Date.now()): void {
    if (this.#due || this.#isSending) return;
    this.#due = setTimeout(() => void this.#sendDue(), Math.max(0, afterMs));
  }

  async #sendDue(): Promise<void> {
    this.#due = null;
    this.#isSending = true;
    const isHeartbeat = this.#isHeartbeat;
    this.#isHeartbeat = false;
    const due = [...this.#watches]
      .filter((watch) => isHeartbeat || hasNews(watch))
      .map((watch) => ({ watch, ...this.#take(watch) }));
    const upTo = this.lastId;
    let again: number | undefined;
    try {
      const sessions = [...new Set(due.map(({ watch }) => watch.sessionId))];
      const watching = due.length > 0 ? await listWatching(this.#services, sessions) : new Map();
      for (const one of due) this.#sendTo(one, watching.get(one.watch.sessionId), upTo);
    } catch (error) {
      log({ msg: 'sending changes failed; trying again', level: 'warn', ...describeFault(error) });
      // The unsent changes are dropped; a refetch of everything replaces them.
      for (const { watch, reset, unsent } of due) if (reset || unsent.length > 0) this.#reset(watch);
      again = AFTER_FAULT_MS;
    }
    this.#sentAt = Date.now();
    this.#isSending = false;
    if (this.#isHeartbeat || [...this.#watches].some(hasNews)) this.#sendSoon(again);
  }

  #take(watch: Watch): { reset: boolean; unsent: TeamChange[] } {
    const { reset, unsent } = watch;
    watch.reset = false;
    watch.unsent = [];
    return { reset, unsent };
  }

  #sendTo(
    { watch, reset, unsent }: { watch: Watch; reset: boolean; unsent: TeamChange[] },
    memberships: Map<string, WatchingMember> | undefined,
    upTo: string | null,
  ): void {
    if (!this.#watches.has(watch)) return;
    // The session was signed out or has expired.
    if (!memberships) return this.#end(watch);
    // A user whose membership or role has changed sees different pages, so everything is refetched.
    const isOther = isChanged(watch.memberships, memberships);
    watch.memberships = memberships;
    const id = upTo === null ? '' : `id: ${upTo}\n`;
    const text = reset || isOther ? `event: reset\n${id}data: {}\n\n` : printEvents(unsent, memberships, id);
    if (watch.send(text)) {
      watch.heartbeatsBehind = 0;
      return;
    }
    this.#missed(watch);
  }

  // Missed changes are not kept: the browser refetches everything once it reads again.
  #missed(watch: Watch): void {
    watch.heartbeatsBehind += 1;
    if (watch.heartbeatsBehind > MOST_HEARTBEATS_BEHIND) return this.#end(watch);
    this.#reset(watch);
  }
}

/** Returns whether there is something to send. A stalled reader is tried again with the heartbeat. */
const hasNews = ({ reset, unsent, heartbeatsBehind }: Watch): boolean =>
  heartbeatsBehind === 0 && (reset || unsent.length > 0);

const isChanged = (before: Map<string, WatchingMember>, now: Map<string, WatchingMember>): boolean =>
  before.size !== now.size ||
  [...now].some(([team, { memberId, role, status }]) => {
    const was = before.get(team);
    return was?.memberId !== memberId || was.role !== role || was.status !== status;
  });

/**
 * Returns what a member may know of a change, or null: an owner everything, a member what concerns it, an inactive
 * member nothing.
 */
function visibleTo(
  membership: WatchingMember | undefined,
  { nouns, members }: TeamChange,
): Omit<TeamChange, 'team'> | null {
  if (membership?.status !== 'active') return null;
  if (membership.role === 'owner') return { nouns, members };
  if (members !== null && !members.includes(membership.memberId)) return null;
  return { nouns, members: [membership.memberId] };
}

/** Prints one event per team that has changes; without any, only the id to resume from. */
function printEvents(unsent: TeamChange[], memberships: Map<string, WatchingMember>, id: string): string {
  const teams = new Map<string, { nouns: Set<string>; members: Set<string> | null }>();
  for (const change of unsent) {
    const membership = memberships.get(change.team);
    const seen = visibleTo(membership, change);
    if (!seen) continue;
    const known = teams.get(membership!.slug) ?? { nouns: new Set(), members: new Set() };
    for (const noun of seen.nouns) known.nouns.add(noun);
    known.members = known.members && seen.members && new Set([...known.members, ...seen.members]);
    teams.set(membership!.slug, known);
  }
  const events = [...teams].map(([team, { nouns, members }]) => {
    const named =
      members === null || members.size > MOST_MEMBERS ? null : [...members].map((one) => printId('mem', one));
    return `event: change\ndata: ${JSON.stringify({ team, nouns: [...nouns], members: named })}\n`;
  });
  // For a block without data a browser stores the id and fires no event.
  return events.length === 0 ? `: \n${id}\n` : `${events.join('\n')}${id}\n`;
}
