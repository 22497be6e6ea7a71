import type { Pool } from 'pg';
import { z } from 'zod';
import { newUuid7 } from './ids';

/** What can be seen to change. Pages ask anew by these words; figures and texts are never told. */
const NOUNS = ['messages', 'members', 'transfers', 'team', 'rates', 'invitations'] as const;
export type Noun = (typeof NOUNS)[number];

/** By noun whose seats a change touched: none's in particular (owners alone see it), some, or (null) perhaps everybody's. */
export type Touched = Map<Noun, Set<string> | null>;

const changeSchema = z.strictObject({
  team: z.uuid(),
  nouns: z.array(z.enum(NOUNS)),
  members: z.array(z.uuid()).nullable(),
});

/** What committed changes touched of one team; `members` null: any of its seats. */
export type TeamChange = z.output<typeof changeSchema>;

/** One word to all who watch. `changes` null: whatever there is may have changed. */
export type Notification = { id: string; changes: TeamChange[] | null };

const notificationSchema = z.strictObject({ id: z.uuid(), changes: z.array(changeSchema).nullable() });

/** The one channel of Postgres on which all processes tell and hear. */
export const CHANNEL = 'purser_changes';

/** Tells, in a transaction of its own: before the commit of a change, all commits would wait for each other. */
export const ANNOUNCE = `SELECT pg_notify('${CHANNEL}', word) FROM unnest($1::text[]) AS word`;

/** Postgres takes payloads of less than 8,000 bytes. */
const MAX_BYTES = 7_900;

/** More members than these of one change are told as "any". */
const MAX_NAMED = 100;

/** More teams than these at once are told as "everything". */
const MAX_TEAMS = 1_000;

/** A process tells at most so often, and all it has at once. */
const PAUSE_MS = 150;
const AFTER_FAULT_MS = 1_000;

/** Adds to what was touched. */
export function touch(touched: Touched, noun: Noun, memberIds: Iterable<string> | null): void {
  const known = touched.get(noun);
  if (known === null) return;
  if (memberIds === null) touched.set(noun, null);
  else touched.set(noun, new Set([...(known ?? []), ...memberIds]));
}

/** What a process has yet to tell. Kept with the pool, of which a process has one even where a module is loaded twice. */
type Broadcaster = {
  teams: Map<string, Touched>;
  all: boolean;
  timer: NodeJS.Timeout | null;
  telling: Promise<void> | null;
};

const shared = globalThis as { purserBroadcasters?: WeakMap<Pool, Broadcaster> };

function broadcasterOn(pool: Pool): Broadcaster {
  const broadcasters = (shared.purserBroadcasters ??= new WeakMap());
  let broadcaster = broadcasters.get(pool);
  if (!broadcaster)
    broadcasters.set(pool, (broadcaster = { teams: new Map(), all: false, timer: null, telling: null }));
  return broadcaster;
}

/** Tells everyone who watches what a committed change touched. Never delays nor fails who calls. */
export function announce(pool: Pool, teamId: string, touched: Touched): void {
  if (touched.size === 0) return;
  const broadcaster = broadcasterOn(pool);
  const known: Touched = broadcaster.teams.get(teamId) ?? new Map();
  for (const [noun, memberIds] of touched) touch(known, noun, memberIds);
  broadcaster.teams.set(teamId, known);
  if (broadcaster.teams.size > MAX_TEAMS) forgetDetails(broadcaster);
  tellIn(0, pool, broadcaster);
}

/** Tells that anything may have changed: a process before this one may have died between a commit and its word. */
export function announceAll(pool: Pool): void {
  const broadcaster = broadcasterOn(pool);
  forgetDetails(broadcaster);
  tellIn(0, pool, broadcaster);
}

/** Tells what is yet untold, before a pool is ended or a process exits. What cannot be told is let go. */
export async function tellRest(pool: Pool): Promise<void> {
  const broadcaster = broadcasterOn(pool);
  if (broadcaster.timer) clearTimeout(broadcaster.timer);
  broadcaster.timer = null;
  await broadcaster.telling;
  await tell(pool, broadcaster).catch(() => {});
}

function forgetDetails(broadcaster: Broadcaster): void {
  broadcaster.all = true;
  broadcaster.teams.clear();
}

const hasWord = ({ teams, all }: Broadcaster): boolean => all || teams.size > 0;

// The first word goes out at once, what comes then waits for the pause after it. No process is kept alive for it.
function tellIn(ms: number, pool: Pool, broadcaster: Broadcaster): void {
  if (broadcaster.timer || broadcaster.telling || pool.ending) return;
  broadcaster.timer = setTimeout(() => {
    broadcaster.timer = null;
    if (!hasWord(broadcaster)) return;
    broadcaster.telling = tell(pool, broadcaster)
      .then(
        () => PAUSE_MS,
        () => AFTER_FAULT_MS,
      )
      .then((pause) => {
        broadcaster.telling = null;
        tellIn(pause, pool, broadcaster);
      });
  }, ms).unref();
}

async function tell(pool: Pool, broadcaster: Broadcaster): Promise<void> {
  if (!hasWord(broadcaster) || pool.ending) return;
  const { teams, all } = broadcaster;
  broadcaster.teams = new Map();
  broadcaster.all = false;
  const words = all ? [printNotification(null)] : printChanges(teams);
  try {
    await pool.query(ANNOUNCE, [words]);
  } catch (error) {
    // With all that has come since: it is told when the database is back.
    if (all || broadcaster.all) forgetDetails(broadcaster);
    else for (const [team, touched] of teams) putBack(broadcaster, team, touched);
    throw error;
  }
}

function putBack(broadcaster: Broadcaster, teamId: string, touched: Touched): void {
  const since = broadcaster.teams.get(teamId);
  for (const [noun, memberIds] of since ?? []) touch(touched, noun, memberIds);
  broadcaster.teams.set(teamId, touched);
}

/** A word as it goes over the channel. */
export const printNotification = (changes: TeamChange[] | null): string => JSON.stringify({ id: newUuid7(), changes });

/** A word that came over the channel; null where it is none of this release's. */
export function readNotification(payload: string): Notification | null {
  try {
    return notificationSchema.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

/** What was touched of teams as words of the channel, each no longer than one may be. */
export function printChanges(teams: Map<string, Touched>): string[] {
  const words: TeamChange[][] = [[]];
  let bytes = 100;
  for (const change of [...teams].flatMap(([team, touched]) => changesOf(team, touched))) {
    const size = JSON.stringify(change).length + 1;
    if (bytes + size > MAX_BYTES) [bytes] = [100, words.push([])];
    words.at(-1)!.push(change);
    bytes += size;
  }
  return words.map(printNotification);
}

/** One change for all nouns that touched the same seats. */
function changesOf(team: string, touched: Touched): TeamChange[] {
  const bySeats = new Map<string, TeamChange>();
  for (const [noun, ids] of touched) {
    const members = ids === null || ids.size > MAX_NAMED ? null : [...ids].toSorted();
    const memberships = String(members);
    const known = bySeats.get(memberships);
    if (known) known.nouns.push(noun);
    else bySeats.set(memberships, { team, nouns: [noun], members });
  }
  return [...bySeats.values()];
}
