import { type Database, type Db } from '@/db/client';
import { type Actor } from './actor';
import { type Touched } from './change-feed';
import { makeVault, type Vault } from './crypto';
import { asTeamId } from './ids';
import type { Route } from './routes';

/**
 * Services of which a process has one each. `demo`: money comes from a sandbox. `mail`: how emails are sent, null for not
 * at all. `appUrl`: the public address, without a trailing slash. `signUp`: `open` lets any visitor create a team.
 */
export type Services = {
  database: Database;
  vault: Vault;
  demo: boolean;
  mail: MailWay | null;
  appUrl: string;
  signUp: 'open' | 'closed';
  /** The routes of the installation, tried in this order. The last one takes every message. */
  routes: readonly Route[];
};

/** How emails are sent: by Resend, by an SMTP server, or into the demo's mailbox. */
export type MailWay = 'resend' | 'smtp' | 'mailbox';

/** Creates the services from a process's settings. */
export const makeServices = (
  database: Database,
  settings: Pick<Services, 'demo' | 'appUrl' | 'signUp' | 'routes'> & { secret: string; mail: { way: MailWay } | null },
): Services => {
  const { secret, demo, mail, appUrl, signUp, routes } = settings;
  return { database, vault: makeVault(secret), demo, mail: mail?.way ?? null, appUrl, signUp, routes };
};

/**
 * The argument of every command and query: the actor, and the database or the transaction in progress.
 * `at` replaces the clock in written times; only an operator's context (demo, import) sets it.
 */
export type Context = Services & {
  actor: Actor;
  db: Db;
  requestId: string | null;
  at: Date | null;
  tx: Transaction | null;
};

/** A context inside a transaction. `now` is the time of the transaction. */
export type TxContext = Context & { tx: Transaction; now: Date };

/** The part of a context that collects the jobs that follow a commit. */
export type Queue = { tx: { jobs: { task: Task; payload: object }[] } };

/** The state of a transaction: the result of `request_begin`, and the input of `request_finish`. */
export type Transaction = Queue['tx'] & {
  team: TeamNow;
  past: PastRequest | null;
  audit: object[];
  /** Changes that are published after the commit. */
  touched: Touched;
  answer: StoredAnswer | null;
  isDryRun: boolean;
  /** The request's Idempotency-Key, stored on each transfer of the request. */
  key: string | null;
};

/** The jobs that can follow a commit; the worker has one function for each. */
export type Task = 'serve-waiting' | 'send-mail' | 'alert' | 'mail-link' | 'erase-trail';

/** The team's fields that every change needs, read by its first statement. */
export type TeamNow = { status: 'active' | 'suspended' | 'closed'; defaultSender: string | null; ratesVersion: number };

/** The earlier use of an Idempotency-Key: still running (`busy`), or its stored response. */
export type PastRequest =
  | { busy: true }
  | { busy: false; found: { hash: string; status: number; answer: string | null; createdId: string | null } | null };

export type StoredAnswer = {
  memberId: string;
  key: string;
  hash: string;
  status: number;
  answer: string;
  createdId: string | null;
};

/** Returns a context outside any transaction. */
export function makeContext(
  services: Services,
  actor: Actor,
  options: { requestId?: string | null; at?: Date | null } = {},
): Context {
  const { requestId = null, at = null } = options;
  return { ...services, actor, db: services.database.db, requestId, at, tx: null };
}

/** Returns the context of a job: the operator's right in one team. Jobs print no money, so it has no currency. */
export const systemContext = (services: Services, teamId: string): Context =>
  makeContext(services, {
    type: 'operator',
    teamId: asTeamId(teamId),
    currency: '',
    name: 'Purser',
    channel: 'system',
  });

/** Returns the context of the operator at the command line, in one team. */
export const operatorContext = (services: Services, teamId: string): Context =>
  makeContext(services, { type: 'operator', teamId: asTeamId(teamId), currency: '', name: 'Operator', channel: 'cli' });
