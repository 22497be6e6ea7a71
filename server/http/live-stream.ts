import { announceAll, flushChanges } from '@/server/domain/core/change-feed';
import { flushRefusals } from '@/server/domain/messaging/refusals/write';
import { fail } from '@/server/domain/core/errors';
import { newRequestId } from '@/server/domain/core/ids';
import type { SignedInUser } from '@/server/domain/core/user-context';
import { listWatching } from '@/server/domain/identity/sessions/read';
import { env } from '@/server/env';
import { log } from '@/server/log';
import { Hub } from './live-hub';
import { toProblemResponse } from './problem';
import { services } from './services';

/** The most streams of one process and of one user. A browser has one. */
const MOST_STREAMS = 2_000;
const MOST_PER_USER = 20;

/** The most events that may wait for a slow reader. */
const MOST_UNREAD = 16;

/** The delay before a browser reconnects, in milliseconds; randomised, so that not all reconnect at once. */
const RETRY_MS = 1_000;

const HUB = Symbol.for('purser.live');
const shared = globalThis as { [HUB]?: Hub };

/** Returns the process's hub, which begins to listen with the first page or stream. */
const hub = (): Hub => (shared[HUB] ??= new Hub(services(), env().directUrl));

const isDraining = (): boolean => Reflect.get(globalThis, Symbol.for('purser.draining')) === true;

/**
 * Returns the id of the last change that pages rendered from now on include, from which a stream can resume; null if
 * none is known.
 */
export const lastChangeId = (): string | null => hub().lastId;

/** Makes every page refetch everything: the previous process may have died before it published a change. */
export const announceStart = (): void => announceAll(services().database.pool);

/** Ends all streams, so that their browsers reconnect elsewhere, and writes what this process still holds. */
export async function endLive(): Promise<void> {
  const ended = shared[HUB]?.stop();
  delete shared[HUB];
  const { pool } = services().database;
  await Promise.all([ended, flushChanges(pool), flushRefusals(pool)]);
}

/**
 * Answers a signed-in browser with server-sent events about changes in the user's teams, by ids only: `change` with
 * {team, nouns, members}, or `reset` to refetch everything. Resumes after `Last-Event-ID`.
 */
export async function openStream(request: Request, user: SignedInUser | null): Promise<Response> {
  const requestId = newRequestId();
  const response = await answer(request, user).catch((error: unknown) => toProblemResponse(error, requestId));
  const { status } = response;
  const level = status >= 500 ? 'error' : 'info';
  log({ msg: 'request', level, id: requestId, live: true, status, actor: user?.userId });
  response.headers.set('Request-Id', requestId);
  return response;
}

async function answer(request: Request, user: SignedInUser | null): Promise<Response> {
  if (!user) fail('missing_key', { detail: 'Sign in first.' });
  const { sessionId, userId } = user;
  const members = (await listWatching(services(), [sessionId])).get(sessionId);
  if (!members) fail('missing_key', { detail: 'Sign in first.' });
  if (isDraining()) return streamOf(retryLine());
  if (hub().size >= MOST_STREAMS) fail('unavailable', { retryAfterSeconds: 5 });
  if (hub().countOf(userId) >= MOST_PER_USER) fail('rate_limited', { retryAfterSeconds: 60 });
  const lastId = request.headers.get('last-event-id') ?? new URL(request.url).searchParams.get('lastEventId');
  const encoder = new TextEncoder();
  let leave = () => {};
  const body = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const write = (text: string) => controller.enqueue(encoder.encode(text));
        write(retryLine());
        const send = (text: string) => {
          if ((controller.desiredSize ?? 0) <= 0) return false;
          write(text);
          return true;
        };
        leave = hub().add({ sessionId, userId, send, end: () => controller.close() }, lastId, members);
      },
      cancel: () => leave(),
    },
    { highWaterMark: MOST_UNREAD },
  );
  return streamOf(body);
}

const retryLine = (): string => `retry: ${Math.round(RETRY_MS * (1 + Math.random()))}\n\n`;

/** A browser reopens a stream that ends, but not one that was refused. */
const streamOf = (body: ReadableStream | string): Response =>
  new Response(body, {
    headers: {
      'Content-Type': 'text/event-stream; charset=utf-8',
      // The headers keep proxies from caching, compressing or buffering the stream.
      'Cache-Control': 'no-store, no-transform',
      'X-Accel-Buffering': 'no',
    },
  });
