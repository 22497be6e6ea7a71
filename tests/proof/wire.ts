import type { Socket } from 'node:net';
import type { Pool, PoolClient } from 'pg';
import { ANNOUNCE } from '@/server/domain/core/change-feed';
import type { Services } from '@/server/domain/core/context';
import { openServices } from './support';

/**
 * The fault of one statement of a command: an exception beside it, or the connection cut before, while or after it
 * runs.
 */
export type How = 'thrown before' | 'thrown after' | 'cut before' | 'cut under way' | 'cut after';

/** One connection of a process to its database; every statement is recorded and one can be struck. */
export type Wire = {
  services: Services;
  pool: Pool;
  /** The statements sent since `listen`, in order. */
  sent: string[];
  /** Counts from 0 again. `strike` hits the statement of its number; `committed` is called after each COMMIT. */
  listen: (options?: { strike?: Strike; committed?: () => Promise<void> }) => void;
  /** Returns true once the strike has come. */
  struck: () => boolean;
  close: () => Promise<void>;
};

export type Strike = { at: number; how: How; alsoNext?: boolean };

export const isCommit = (statement: string): boolean => /\bcommit$/i.test(statement.trim());

type Send = () => Promise<unknown>;

/**
 * Opens a pool of one connection: a connection that is not given back, or given back broken, stops the next command.
 */
export function openWire(): Wire {
  const { close, ...services } = openServices(1);
  const { pool } = services.database;
  const sent: string[] = [];
  let strike: Strike | undefined;
  let committed: (() => Promise<void>) | undefined;
  let struck = false;
  const pass = async (client: PoolClient, statement: string, send: Send): Promise<unknown> => {
    const place = sent.push(statement) - 1;
    if (strike && struck && strike.alsoNext && place === strike.at + 1) throw new Error('struck again');
    if (strike?.at !== place || struck) {
      const answer = await send();
      if (isCommit(statement)) await committed?.();
      return answer;
    }
    struck = true;
    return befall(strike.how, client, send);
  };
  pool.on('connect', (client) => intercept(client, pass));
  return {
    services,
    pool,
    sent,
    listen: (options = {}) => {
      sent.length = 0;
      struck = false;
      ({ strike, committed } = options);
    },
    struck: () => struck,
    close,
  };
}

/** The message of `pg` for a connection that is lost during a query. */
const CUT = 'Connection terminated unexpectedly';

async function befall(how: How, client: PoolClient, send: Send): Promise<unknown> {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection;
  if (how === 'thrown before') throw new Error('struck');
  if (how === 'cut before') stream.destroy();
  const answer = send();
  if (how === 'cut under way') stream.destroy();
  await answer;
  if (how === 'cut after') stream.destroy();
  throw new Error(how === 'thrown after' ? 'struck' : CUT);
}

type Callback = (error: unknown, result?: unknown) => void;

/** Wraps a connection's `query`, which the pool calls with a callback and others await. */
function intercept(
  client: PoolClient,
  pass: (client: PoolClient, statement: string, send: Send) => Promise<unknown>,
): void {
  const query = client.query.bind(client) as (...args: unknown[]) => Promise<unknown>;
  const intercepted = (...args: unknown[]) => {
    const callback = typeof args.at(-1) === 'function' ? (args.pop() as Callback) : null;
    const [first] = args as [string | { text: string }];
    // The notification after a commit is no part of the command.
    const answer =
      first === ANNOUNCE
        ? query(...args)
        : pass(client, typeof first === 'string' ? first : first.text, () => query(...args));
    if (!callback) return answer;
    answer.then((result) => callback(null, result), callback);
  };
  Object.assign(client, { query: intercepted });
}
