import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { announceAll, flushChanges } from '@/server/domain/core/change-feed';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { creditMember, fundTeam } from '@/server/domain/billing/ledger/write';
import { createMemberInput } from '@/server/domain/teams/members/schema';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  setRole,
} from '@/server/domain/teams/members/write';
import { confirmRates } from '@/server/domain/billing/rates/write';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { findSignedInUser, listWatching } from '@/server/domain/identity/sessions/read';
import { endSession, signIn } from '@/server/domain/identity/sessions/write';
import { updateTeam } from '@/server/domain/teams/teams/write';
import { Hub } from '@/server/http/live-hub';
import { endLive, lastChangeId, openStream } from '@/server/http/live-stream';
import { services } from '@/server/http/services';
import { addMember, makeTeam, micros, ownerPool, type TestTeam } from '../support/team';

// Hashing is slow on purpose, and every test here signs in.
vi.mock('@node-rs/argon2', () => ({ hash: () => Promise.resolve('none'), verify: () => Promise.resolve(true) }));

const PASSWORD = 'correct horse battery';
const SOON_MS = 30_000;

type Event = { event?: string; id?: string; data?: string };
type Stream = {
  response: Response;
  events: Event[];
  /** Returns the events so far, each `change` by its data and `reset` by its name. */
  received: () => unknown[];
  ended: () => boolean;
  close: () => Promise<void>;
};

const opened: Stream[] = [];
afterAll(async () => {
  await Promise.all(opened.map((stream) => stream.close()));
  await endLive();
});

async function open(user: SignedInUser | null, lastId?: string | null): Promise<Stream> {
  const headers: Record<string, string> = lastId ? { 'Last-Event-ID': lastId } : {};
  const response = await openStream(new Request('http://localhost/account/live', { headers }), user);
  const events: Event[] = [];
  let ended = false;
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  const read = async (rest = ''): Promise<void> => {
    const { done, value } = await reader.read();
    if (done) return void (ended = true);
    const blocks = (rest + value).split('\n\n');
    for (const block of blocks.slice(0, -1)) {
      events.push(Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/).slice(0, 2))) as Event);
    }
    return read(blocks.at(-1));
  };
  if (response.status === 200) read().catch(() => {});
  const received = () =>
    events.flatMap(({ event, data }) => (event === 'change' ? [JSON.parse(data!)] : event ? [event] : []));
  const stream = { response, events, received, ended: () => ended, close: () => reader.cancel() };
  opened.push(stream);
  return stream;
}

async function until(what: () => boolean): Promise<void> {
  for (const end = Date.now() + SOON_MS; !what(); await sleep(10)) {
    if (Date.now() > end) throw new Error(`Not within ${SOON_MS} ms: ${String(what)}`);
  }
}

/** Returns the events that each stream has received after all changes so far have been published. */
async function allReceived(...streams: Stream[]): Promise<unknown[][]> {
  await flushChanges(services().database.pool);
  await sleep(2 * 250 + 100);
  return streams.map((stream) => stream.received().splice(0));
}

type SignedInMember = { id: string; mem: string; user: SignedInUser };

/** Creates a member whose user is signed in. */
async function signedIn(team: TestTeam, role: 'owner' | 'member' = 'member'): Promise<SignedInMember> {
  const input = await createMemberInput.parseAsync({ role, password: PASSWORD });
  const { member } = await createMember(team.operator, input);
  return { id: member.id, mem: printId('mem', member.id), user: await sessionFor(member.email) };
}

async function sessionFor(email: string): Promise<SignedInUser> {
  const entered = await signIn(services(), { email, password: PASSWORD }, { address: newUuid7(), agent: null });
  if (!entered.ok) throw new Error(entered.reason);
  return (await findSignedInUser(services(), entered.user.sessionId))!;
}

const slugOf = async ({ teamId }: TestTeam): Promise<string> =>
  (await ownerPool().query<{ slug: string }>('SELECT slug FROM teams WHERE id = $1', [teamId])).rows[0]!.slug;

const credit = (team: TestTeam, memberId: string) => creditMember(team.operator, { memberId, amount: micros('0.01') });

// The process listens once it has received its own first event.
beforeAll(() => {
  lastChangeId();
  return until(() => lastChangeId() !== null);
});

/** Opens a stream like a page, with the last event id of its first paint. */
const openNow = async (user: SignedInUser): Promise<Stream> => {
  await flushChanges(services().database.pool);
  await sleep(300);
  return open(user, lastChangeId());
};

describe('a live stream', () => {
  it('consists of events that are never cached, compressed or buffered', async () => {
    const { user } = await signedIn(await makeTeam());
    const { response, events } = await openNow(user);
    expect(response.status).toBe(200);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
      'request-id': expect.stringMatching(/^req_/),
    });
    await until(() => events.length > 0);
    const retry = Number((events[0] as { retry?: string }).retry);
    expect(retry).toBeGreaterThanOrEqual(1_000);
    expect(retry).toBeLessThanOrEqual(2_000);
  });

  it('requires a session', async () => {
    const { user } = await signedIn(await makeTeam());
    await endSession(services(), user.sessionId);
    for (const who of [null, user, { ...user, sessionId: newUuid7() }]) {
      const response = await openStream(new Request('http://localhost/account/live'), who);
      expect([response.status, (await response.json()).code]).toEqual([401, 'missing_key']);
    }
  });

  it('sends an owner changes of every member, a member only its own, and nobody another team’s', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const [owner, ann, ben] = [await signedIn(team, 'owner'), await signedIn(team), await signedIn(team)];
    const stranger = await signedIn(other, 'owner');
    const streams = await Promise.all([owner, ann, ben, stranger].map(({ user }) => openNow(user)));
    await credit(team, ann.id);
    const [toOwner, toAnn, toBen, toStranger] = await allReceived(...streams);
    const change = {
      team: await slugOf(team),
      nouns: expect.arrayContaining(['members', 'transfers']),
      members: [ann.mem],
    };
    expect(toOwner).toEqual([change]);
    expect(toAnn).toEqual([change]);
    expect(toBen).toEqual([]);
    expect(toStranger).toEqual([]);
  });

  it('sends a member nothing for owners only, and everything for all members', async () => {
    const team = await makeTeam();
    const [owner, ann] = [await signedIn(team, 'owner'), await signedIn(team)];
    const streams = await Promise.all([owner, ann].map(({ user }) => openNow(user)));
    await fundTeam(team.operator, { amount: micros('1') });
    await confirmRates(team.operator);
    const [toOwner, toAnn] = await allReceived(...streams);
    expect(toOwner!.length).toBeGreaterThan(0);
    expect(toAnn).toEqual([]);
    await updateTeam(team.operator, { name: 'Renamed' });
    const [, renamed] = await allReceived(...streams);
    expect(renamed).toEqual([{ team: await slugOf(team), nouns: ['team'], members: [ann.mem] }]);
  });

  it('sends a user the changes of all their teams, by slug', async () => {
    const [team, other] = [await makeTeam(), await makeTeam()];
    const ann = await signedIn(team);
    const second = await addMember(other);
    await ownerPool().query('UPDATE members SET user_id = $1 WHERE id = $2', [ann.user.userId, second.id]);
    const stream = await openNow(ann.user);
    await Promise.all([credit(team, ann.id), credit(other, second.id)]);
    const [received] = await allReceived(stream);
    expect((received as { team: string }[]).map(({ team: slug }) => slug).toSorted()).toEqual(
      [await slugOf(team), await slugOf(other)].toSorted(),
    );
  });

  it('combines many changes of one moment into few events', async () => {
    const team = await makeTeam();
    const [owner, ann] = [await signedIn(team, 'owner'), await signedIn(team)];
    const stream = await openNow(owner.user);
    const began = performance.now();
    for (let i = 0; i < 40; i += 1) await credit(team, ann.id);
    const took = performance.now() - began;
    const [received] = await allReceived(stream);
    expect(received!.length).toBeGreaterThan(0);
    expect(received!.length).toBeLessThanOrEqual(2 + took / 250);
  });
});

describe('the changes that a stream sends', () => {
  it('stop after a reset while its member is deactivated, and go on once it is activated', async () => {
    const team = await makeTeam();
    const ann = await signedIn(team);
    const stream = await openNow(ann.user);
    await deactivateMember(team.operator, ann.id);
    expect(await allReceived(stream)).toEqual([['reset']]);
    await credit(team, ann.id);
    expect(await allReceived(stream)).toEqual([['reset']]);
    await activateMember(team.operator, ann.id);
    await credit(team, ann.id);
    const [received] = await allReceived(stream);
    expect(received!.slice(0, 2)).toEqual(['reset', 'reset']);
  });

  it('stop for other members after a demotion, and for everything after a deletion', async () => {
    const team = await makeTeam();
    const [olive, ann] = [await signedIn(team, 'owner'), await signedIn(team)];
    const [toOlive, toAnn] = [await openNow(olive.user), await openNow(ann.user)];
    await setRole(team.operator, { memberId: olive.id, role: 'member' });
    await allReceived();
    await credit(team, ann.id);
    await allReceived();
    expect(toOlive.received()).toEqual(['reset']);
    expect(toAnn.received().length).toBe(2);
    await deleteMember(team.operator, ann.id);
    await allReceived();
    expect(toAnn.received().at(-1)).toBe('reset');
  });

  it('stop when its session is ended, and the stream ends', async () => {
    const team = await makeTeam();
    const ann = await signedIn(team);
    const again = await sessionFor(ann.user.email);
    const [stream, other] = [await openNow(ann.user), await openNow(again)];
    await endSession(services(), ann.user.sessionId);
    await credit(team, ann.id);
    await until(() => stream.ended());
    expect(stream.received()).toEqual([]);
    expect(other.received()).toHaveLength(1);
    expect(other.ended()).toBe(false);
  });
});

describe('a stream that reconnects', () => {
  it('receives the missed changes, and none twice', async () => {
    const team = await makeTeam();
    const ann = await signedIn(team);
    const first = await openNow(ann.user);
    await credit(team, ann.id);
    await until(() => first.received().length === 1);
    const last = first.events.at(-1)!.id!;
    await first.close();
    await credit(team, ann.id);
    await flushChanges(services().database.pool);
    await until(() => lastChangeId() !== last);
    const second = await open(ann.user, last);
    await until(() => second.received().length === 1);
    expect(second.received()[0]).toMatchObject({ members: [ann.mem] });
    const third = await open(ann.user, second.events.at(-1)!.id);
    await allReceived();
    expect(third.received()).toEqual([]);
  });

  it('receives a reset for an unknown event id', async () => {
    const { user } = await signedIn(await makeTeam());
    for (const id of [newUuid7(), 'nonsense', null]) {
      const stream = await open(user, id);
      await until(() => stream.received().length > 0);
      expect(stream.received()).toEqual(['reset']);
      expect(stream.events.at(-1)!.id).toBe(lastChangeId());
    }
  });

  it('receives a reset after the database connection was lost and opened again', async () => {
    const team = await makeTeam();
    const ann = await signedIn(team);
    const stream = await openNow(ann.user);
    const before = lastChangeId();
    const cut = await ownerPool().query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'purser-live' AND datname = current_database()`,
    );
    expect(cut.rowCount).toBe(1);
    await until(() => stream.received().length > 0);
    expect(stream.received()).toEqual(['reset']);
    await until(() => lastChangeId() !== null && lastChangeId() !== before);
    await credit(team, ann.id);
    await until(() => stream.received().length === 2);
    expect(stream.received()[1]).toMatchObject({ members: [ann.mem] });
  });

  it('receives a reset, like every other stream, when a process has started', async () => {
    const { user } = await signedIn(await makeTeam());
    const stream = await openNow(user);
    announceAll(services().database.pool);
    expect(await allReceived(stream)).toEqual([['reset']]);
  });
});

describe('live streams', () => {
  it('are limited to twenty per user', async () => {
    const { user } = await signedIn(await makeTeam());
    const streams = await Promise.all(Array.from({ length: 20 }, () => open(user, lastChangeId())));
    expect(streams.map(({ response }) => response.status)).toEqual(Array.from({ length: 20 }, () => 200));
    const { response } = await open(user);
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, '60']);
    await streams[0]!.close();
    expect((await open(user)).response.status).toBe(200);
  });

  it('end at once when their process stops', async () => {
    const { user } = await signedIn(await makeTeam());
    const stream = await openNow(user);
    await endLive();
    await until(() => stream.ended());
    const connections = await ownerPool().query(
      `SELECT 1 FROM pg_stat_activity WHERE application_name = 'purser-live' AND datname = current_database()`,
    );
    expect(connections.rowCount).toBe(0);
  });
});

describe('each heartbeat of a stream', () => {
  const BEAT_MS = 150;

  /** Makes a hub with a short heartbeat, and one watcher that accepts its events or does not. */
  async function watched() {
    const team = await makeTeam();
    const ann = await signedIn(team);
    const hub = new Hub(services(), process.env['DATABASE_DIRECT_URL']!, BEAT_MS);
    await until(() => hub.lastId !== null);
    await allReceived();
    const seen = { takes: true, attempts: 0, ended: false, sent: [] as string[] };
    const send = (text: string): boolean => {
      seen.attempts += 1;
      if (seen.takes) seen.sent.push(text);
      return seen.takes;
    };
    const memberships = (await listWatching(services(), [ann.user.sessionId])).get(ann.user.sessionId)!;
    const { sessionId, userId } = ann.user;
    hub.add({ sessionId, userId, send, end: () => (seen.ended = true) }, hub.lastId, memberships);
    return { team, ann, hub, seen };
  }

  it('carries the last event id, and ends the stream once its session is over', async () => {
    const { ann, hub, seen } = await watched();
    await until(() => seen.sent.length >= 2);
    expect(new Set(seen.sent)).toEqual(new Set([`: \nid: ${hub.lastId}\n\n`]));
    await endSession(services(), ann.user.sessionId);
    await until(() => seen.ended);
    await hub.stop();
  });

  it('retries a reader that accepted nothing, sends it a reset, and finally closes it', async () => {
    const { team, ann, hub, seen } = await watched();
    seen.takes = false;
    await credit(team, ann.id);
    await until(() => seen.attempts >= 2);
    seen.takes = true;
    await until(() => seen.sent.length > 0);
    expect(seen.sent[0]).toMatch(/^event: reset/);
    seen.takes = false;
    seen.attempts = 0;
    await until(() => seen.ended);
    expect(seen.attempts).toBe(5);
    await hub.stop();
  });
});
