import type { Pool } from 'pg';
import { z } from 'zod';
import { newUuid7 } from './ids';

/** The kinds of data that a change can touch. Pages refetch by these names; the feed never carries values or texts. */
const NOUNS = ['messages', 'members', 'transfers', 'team', 'rates', 'invitations'] as const;
export type Noun = (typeof NOUNS)[number];

/** Maps a noun to the touched members: an empty set (visible to owners only), some, or null for possibly every member. */
export type Touched = Map<Noun, Set<string> | null>;

const changeSchema = z.strictObject({
  team: z.uuid(),
  nouns: z.array(z.enum(NOUNS)),
  members: z.array(z.uuid()).nullable(),
});

/** The data that committed changes touched in one team; `members` null means any member. */
export type TeamChange = z.output<typeof changeSchema>;

/** One notification to all listeners. `changes` null means that anything may have changed. */
export type Notification = { id: string; changes: TeamChange[] | null };

const notificationSchema = z.strictObject({ id: z.uuid(), changes: z.array(changeSchema).nullable() });

/** The Postgres NOTIFY channel that all processes share. */
export const CHANNEL = 'purser_changes';

/** Notifies in a separate transaction: NOTIFY inside a change would make all commits wait for each other. */
export const ANNOUNCE = `SELECT pg_notify('${CHANNEL}', payload) FROM unnest($1::text[]) AS payload`;

/** Bytes of one payload: Postgres accepts fewer than 8,000. */
const MAX_BYTES = 7_900;

/** Members that one change names; with more, the change says "any member". */
const MAX_NAMED = 100;

/** Teams that may wait in one process; with more, the notification says "anything". */
const MAX_TEAMS = 1_000;

/** Pause between two notifications of a process; each sends everything that has gathered. */
const PAUSE_MS = 150;
const AFTER_FAULT_MS = 1_000;

/** Adds members (null for any) to the touched set of a noun. */
export function touch(touched: Touched, noun: Noun, memberIds: Iterable<string> | null): void {
  const known = touched.get(noun);
  if (known === null) return;
  if (memberIds === null) touched.set(noun, null);
  else touched.set(noun, new Set([...(known ?? []), ...memberIds]));
}

/** Changes that a process has not sent yet. Keyed by the pool, which is unique in a process even if a module is loaded twice. */
type Broadcaster = {
  teams: Map<string, Touched>;
  all: boolean;
  timer: NodeJS.Timeout | null;
  sending: Promise<void> | null;
};

const shared = globalThis as { purserBroadcasters?: WeakMap<Pool, Broadcaster> };

function broadcasterOn(pool: Pool): Broadcaster {
  const broadcasters = (shared.purserBroadcasters ??= new WeakMap());
  let broadcaster = broadcasters.get(pool);
  if (!broadcaster)
    broadcasters.set(pool, (broadcaster = { teams: new Map(), all: false, timer: null, sending: null }));
  return broadcaster;
}

/** Schedules a notification of a committed change. Never delays the caller and never throws. */
export function announce(pool: Pool, teamId: string, touched: Touched): void {
  if (touched.size === 0) return;
  const broadcaster = broadcasterOn(pool);
  const known: Touched = broadcaster.teams.get(teamId) ?? new Map();
  for (const [noun, memberIds] of touched) touch(known, noun, memberIds);
  broadcaster.teams.set(teamId, known);
  if (broadcaster.teams.size > MAX_TEAMS) forgetDetails(broadcaster);
  sendIn(0, pool, broadcaster);
}

/** Announces that anything may have changed: an earlier process may have died between a commit and its notification. */
export function announceAll(pool: Pool): void {
  const broadcaster = broadcasterOn(pool);
  forgetDetails(broadcaster);
  sendIn(0, pool, broadcaster);
}

/** Sends all waiting changes before the pool ends or the process exits. Changes that cannot be sent are dropped. */
export async function flushChanges(pool: Pool): Promise<void> {
  const broadcaster = broadcasterOn(pool);
  if (broadcaster.timer) clearTimeout(broadcaster.timer);
  broadcaster.timer = null;
  await broadcaster.sending;
  await send(pool, broadcaster).catch(() => {});
}

function forgetDetails(broadcaster: Broadcaster): void {
  broadcaster.all = true;
  broadcaster.teams.clear();
}

const hasChanges = ({ teams, all }: Broadcaster): boolean => all || teams.size > 0;

// The first notification goes out at once, later ones after a pause. The timer does not keep the process alive.
function sendIn(ms: number, pool: Pool, broadcaster: Broadcaster): void {
  if (broadcaster.timer || broadcaster.sending || pool.ending) return;
  broadcaster.timer = setTimeout(() => {
    broadcaster.timer = null;
    if (!hasChanges(broadcaster)) return;
    broadcaster.sending = send(pool, broadcaster)
      .then(
        () => PAUSE_MS,
        () => AFTER_FAULT_MS,
      )
      .then((pause) => {
        broadcaster.sending = null;
        sendIn(pause, pool, broadcaster);
      });
  }, ms).unref();
}

async function send(pool: Pool, broadcaster: Broadcaster): Promise<void> {
  if (!hasChanges(broadcaster) || pool.ending) return;
  const { teams, all } = broadcaster;
  broadcaster.teams = new Map();
  broadcaster.all = false;
  const payloads = all ? [printNotification(null)] : printChanges(teams);
  try {
    await pool.query(ANNOUNCE, [payloads]);
  } catch (error) {
    // Merged with the changes that have arrived since, and sent when the database is back.
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

/** Returns the payload of a notification, with a new id. */
export const printNotification = (changes: TeamChange[] | null): string => JSON.stringify({ id: newUuid7(), changes });

/** Reads a payload, or returns null if it does not have this release's format. */
export function readNotification(payload: string): Notification | null {
  try {
    return notificationSchema.parse(JSON.parse(payload));
  } catch {
    return null;
  }
}

/** Returns the payloads for the touched data of teams, each within the size limit of NOTIFY. */
export function printChanges(teams: Map<string, Touched>): string[] {
  const payloads: TeamChange[][] = [[]];
  let bytes = 100;
  for (const change of [...teams].flatMap(([team, touched]) => changesOf(team, touched))) {
    const size = JSON.stringify(change).length + 1;
    if (bytes + size > MAX_BYTES) [bytes] = [100, payloads.push([])];
    payloads.at(-1)!.push(change);
    bytes += size;
  }
  return payloads.map(printNotification);
}

/** Returns one change for all nouns that touched the same members. */
function changesOf(team: string, touched: Touched): TeamChange[] {
  const byMembers = new Map<string, TeamChange>();
  for (const [noun, ids] of touched) {
    const members = ids === null || ids.size > MAX_NAMED ? null : [...ids].toSorted();
    const key = String(members);
    const known = byMembers.get(key);
    if (known) known.nouns.push(noun);
    else byMembers.set(key, { team, nouns: [noun], members });
  }
  return [...byMembers.values()];
}
