import { type Database, type Db } from '@/db/client';
import { type Actor } from './actor';
import { type Touched } from './change-feed';
import { makeVault, type Vault } from './crypto';
import { asTeamId } from './ids';

/**
 * What a process has one of. `demo`: it is one to try, where money comes from a sandbox. `mail`: how mails leave, null where
 * none do. `appUrl`: where people reach this, without a slash at the end. `signUp`: whether anybody may make a team.
 */
export type Services = {
  database: Database;
  vault: Vault;
  demo: boolean;
  mail: MailWay | null;
  appUrl: string;
  signUp: 'open' | 'closed';
};

/** How mails leave: by Resend, by an SMTP server, or into the demo's own mailbox. */
export type MailWay = 'resend' | 'smtp' | 'mailbox';

/** Services by a process's settings. */
export const makeServices = (
  database: Database,
  settings: Pick<Services, 'demo' | 'appUrl' | 'signUp'> & { secret: string; mail: { way: MailWay } | null },
): Services => {
  const { secret, demo, mail, appUrl, signUp } = settings;
  return { database, vault: makeVault(secret), demo, mail: mail?.way ?? null, appUrl, signUp };
};

/**
 * What every verb is given: who acts, and the database or the transaction in progress.
 * `at` is the time to write instead of the clock's; only a context of the operator's (demo, import) sets it.
 */
export type Context = Services & {
  actor: Actor;
  db: Db;
  requestId: string | null;
  at: Date | null;
  tx: Transaction | null;
};

/** A context inside a transaction. `now` is the transaction's one clock. */
export type TxContext = Context & { tx: Transaction; now: Date };

/** Where a change puts what must follow its commit. */
export type Queue = { tx: { jobs: { task: Task; payload: object }[] } };

/** What `request_begin` found, and what goes into `request_finish`. */
export type Transaction = Queue['tx'] & {
  team: TeamNow;
  past: PastRequest | null;
  audit: object[];
  /** What is told, once it is committed, to who watches. */
  touched: Touched;
  answer: StoredAnswer | null;
  isDryRun: boolean;
  /** The request's Idempotency-Key, written on each transfer it makes. */
  key: string | null;
};

/** The jobs that can follow a commit; the worker has one function for each. */
export type Task = 'serve-waiting' | 'send-mail' | 'alert' | 'mail-link' | 'erase-trail';

/** What a change needs of its team, read in its first statement. */
export type TeamNow = { status: 'active' | 'suspended' | 'closed'; defaultSender: string | null; ratesVersion: number };
/** What is known of an Idempotency-Key: another is at it now, or what it answered. */
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

/** A context outside any transaction. */
export function makeContext(
  services: Services,
  actor: Actor,
  options: { requestId?: string | null; at?: Date | null } = {},
): Context {
  const { requestId = null, at = null } = options;
  return { ...services, actor, db: services.database.db, requestId, at, tx: null };
}

/** The operator at the command line, in a team of a person's. */
export const operatorContext = (services: Services, teamId: string): Context =>
  makeContext(services, { type: 'operator', teamId: asTeamId(teamId), currency: '', name: 'Operator', channel: 'cli' });
