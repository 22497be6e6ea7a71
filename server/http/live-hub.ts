import type { Services } from '@/server/domain/core/context';
import type { Notification, TeamChange } from '@/server/domain/core/change-feed';
import { printId } from '@/server/domain/core/ids';
import { listWatching, type WatchingMember } from '@/server/domain/identity/sessions/read';
import { describeFault, log } from '@/server/log';
import { listen } from './pg-listener';

/** What was told last, for a stream that comes again: as many words, of as long a time. */
const KEPT_WORDS = 1_000;
const KEPT_MS = 5 * 60_000;

/** A stream is told something at most so often. */
const PAUSE_MS = 250;
const AFTER_FAULT_MS = 1_000;

/** So often each stream hears that it stands, and is asked whether it still may. */
const BEAT_MS = 15_000;

/** Whose reader has taken nothing for so many beats is cut off. */
const MOST_BEATS_BEHIND = 4;

/** More members than these are told as "any". */
const MOST_MEMBERS = 100;

/** One browser that watches. What it may hear is asked of the database whenever it is to be told something. */
export type Watcher = {
  sessionId: string;
  userId: string;
  /** Takes text; false where the reader is behind and takes none now. */
  send: (text: string) => boolean;
  end: () => void;
};

type Watch = Watcher & {
  untold: TeamChange[];
  /** It is told to ask for everything. */
  reset: boolean;
  beatsBehind: number;
  /** Its person's seats as they were last found: by them it is chosen to be asked about, never judged. */
  memberships: Map<string, WatchingMember>;
};

type Kept = { id: string; at: number; changes: TeamChange[] };

/** All the streams of one process, over one connection that listens. */
export class Hub {
  readonly #services: Services;
  readonly #listener: { stop: () => Promise<void> };
  readonly #watches = new Set<Watch>();
  readonly #beat: NodeJS.Timeout;
  #kept: Kept[] = [];
  #due: NodeJS.Timeout | null = null;
  #isTelling = false;
  #isBeat = false;
  #toldAt = 0;

  constructor(services: Services, url: string, beatMs = BEAT_MS) {
    this.#services = services;
    this.#listener = listen(url, { onWord: (word) => this.#hear(word), onGap: () => this.#forget() });
    this.#beat = setInterval(() => {
      this.#isBeat = true;
      this.#tellSoon();
    }, beatMs);
    this.#beat.unref();
  }

  get size(): number {
    return this.#watches.size;
  }

  /** How many streams a person has here. */
  countOf(userId: string): number {
    return [...this.#watches].filter((watch) => watch.userId === userId).length;
  }

  /** The last word heard: who asks the database from now on sees what it told. Null: none is known. */
  get lastId(): string | null {
    return this.#kept.at(-1)?.id ?? null;
  }

  /**
   * Lets a browser watch, from after the word that it heard last. Where that is not known any more, it is told to ask for
   * everything. Answers how it leaves.
   */
  add(watcher: Watcher, lastId: string | null, memberships: Map<string, WatchingMember>): () => void {
    const place = this.#kept.findLastIndex(({ id }) => id === lastId);
    const reset = place === -1;
    const missed = reset ? [] : this.#kept.slice(place + 1).flatMap(({ changes }) => changes);
    const watch: Watch = { ...watcher, untold: missed, reset, beatsBehind: 0, memberships };
    this.#watches.add(watch);
    if (hasNews(watch)) this.#tellSoon();
    return () => this.#watches.delete(watch);
  }

  /** Ends all streams: their browsers go elsewhere. */
  async stop(): Promise<void> {
    clearInterval(this.#beat);
    if (this.#due) clearTimeout(this.#due);
    for (const watch of this.#watches) this.#end(watch);
    await this.#listener.stop();
  }

  #end(watch: Watch): void {
    this.#watches.delete(watch);
    watch.end();
  }

  #hear({ id, changes }: Notification): void {
    const now = Date.now();
    this.#kept.push({ id, at: now, changes: changes ?? [] });
    if (changes === null) return this.#forget(id);
    const isOld = ({ at }: Kept) => now - at > KEPT_MS;
    while (this.#kept.length > KEPT_WORDS || (this.#kept.length > 1 && isOld(this.#kept[0]!))) this.#kept.shift();
    for (const watch of this.#watches) {
      for (const change of changes) if (watch.memberships.has(change.team)) watch.untold.push(change);
      // Only a browser that takes nothing for a long time has so many.
      if (watch.untold.length > KEPT_WORDS) this.#ask(watch);
    }
    this.#tellSoon();
  }

  /** What was told before `id` is no longer all that there was: everyone is to ask for everything. */
  #forget(id?: string): void {
    this.#kept = this.#kept.filter((kept) => kept.id === id);
    for (const watch of this.#watches) this.#ask(watch);
    this.#tellSoon();
  }

  #ask(watch: Watch): void {
    watch.reset = true;
    watch.untold = [];
  }

  #tellSoon(afterMs = this.#toldAt + PAUSE_MS - Date.now()): void {
    if (this.#due || this.#isTelling) return;
    this.#due = setTimeout(() => void this.#tell(), Math.max(0, afterMs));
  }

  async #tell(): Promise<void> {
    this.#due = null;
    this.#isTelling = true;
    const beat = this.#isBeat;
    this.#isBeat = false;
    const due = [...this.#watches]
      .filter((watch) => beat || hasNews(watch))
      .map((watch) => ({ watch, ...this.#take(watch) }));
    const upTo = this.lastId;
    let again: number | undefined;
    try {
      const sessions = [...new Set(due.map(({ watch }) => watch.sessionId))];
      const watching = due.length > 0 ? await listWatching(this.#services, sessions) : new Map();
      for (const one of due) this.#tellOne(one, watching.get(one.watch.sessionId), upTo);
    } catch (error) {
      log({ msg: 'what changed could not be told; trying again', level: 'warn', ...describeFault(error) });
      // What it was is let go: they ask for everything instead.
      for (const { watch, reset, untold } of due) if (reset || untold.length > 0) this.#ask(watch);
      again = AFTER_FAULT_MS;
    }
    this.#toldAt = Date.now();
    this.#isTelling = false;
    if (this.#isBeat || [...this.#watches].some(hasNews)) this.#tellSoon(again);
  }

  #take(watch: Watch): { reset: boolean; untold: TeamChange[] } {
    const { reset, untold } = watch;
    watch.reset = false;
    watch.untold = [];
    return { reset, untold };
  }

  #tellOne(
    { watch, reset, untold }: { watch: Watch; reset: boolean; untold: TeamChange[] },
    memberships: Map<string, WatchingMember> | undefined,
    upTo: string | null,
  ): void {
    if (!this.#watches.has(watch)) return;
    // Signed out, or run out.
    if (!memberships) return this.#end(watch);
    // Whoever has lost a seat or a role, or got one, sees other pages from now on.
    const isOther = isChanged(watch.memberships, memberships);
    watch.memberships = memberships;
    const id = upTo === null ? '' : `id: ${upTo}\n`;
    const text = reset || isOther ? `event: reset\n${id}data: {}\n\n` : printEvents(untold, memberships, id);
    if (watch.send(text)) {
      watch.beatsBehind = 0;
      return;
    }
    this.#missed(watch);
  }

  // It asks for everything once it takes something again: what it missed is not kept.
  #missed(watch: Watch): void {
    watch.beatsBehind += 1;
    if (watch.beatsBehind > MOST_BEATS_BEHIND) return this.#end(watch);
    this.#ask(watch);
  }
}

/** Whether there is something to tell. Whose reader is behind is tried again with the beat. */
const hasNews = ({ reset, untold, beatsBehind }: Watch): boolean => beatsBehind === 0 && (reset || untold.length > 0);

const isChanged = (before: Map<string, WatchingMember>, now: Map<string, WatchingMember>): boolean =>
  before.size !== now.size ||
  [...now].some(([team, { memberId, role, status }]) => {
    const was = before.get(team);
    return was?.memberId !== memberId || was.role !== role || was.status !== status;
  });

/** What a seat may know of a change, or null: an owner all, a member what may be its own, an inactive one nothing. */
function visibleTo(
  membership: WatchingMember | undefined,
  { nouns, members }: TeamChange,
): Omit<TeamChange, 'team'> | null {
  if (membership?.status !== 'active') return null;
  if (membership.role === 'owner') return { nouns, members };
  if (members !== null && !members.includes(membership.memberId)) return null;
  return { nouns, members: [membership.memberId] };
}

/** One event for each team of which there is something to tell; none of them, and it is only said up to where that is. */
function printEvents(untold: TeamChange[], memberships: Map<string, WatchingMember>, id: string): string {
  const teams = new Map<string, { nouns: Set<string>; members: Set<string> | null }>();
  for (const change of untold) {
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
  // Of a block without data a browser keeps the id, and fires nothing.
  return events.length === 0 ? `: \n${id}\n` : `${events.join('\n')}${id}\n`;
}
