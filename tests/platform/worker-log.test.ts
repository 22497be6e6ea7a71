import { inspect } from 'node:util';
import { runMigrations, runOnce, type TaskList } from 'graphile-worker';
import { Pool } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDatabase, type Database } from '@/db/client';
import type { Services } from '@/server/domain/core/context';
import { newRequestId, newUuid7 } from '@/server/domain/core/ids';
import { linkToken } from '@/server/domain/identity/email-links/rules';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { inUserTransaction } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { makeMailer } from '@/server/jobs/send-email';
import { relayBatch } from '@/server/jobs/relay';
import { makeMailTasks, makeTasks } from '@/server/jobs/tasks';
import { queueLogger } from '@/server/jobs/worker';
import { describeFault, hideValues, log, redirectConsole } from '@/server/log';
import type { Mailer } from '@/server/outbound/mail/mailer';
import { explainFailure } from '@/cli/run';
import { ownDatabase, type TestDatabase } from '../support/database';
import { HERE } from '../support/procedures';
import { requestPasswordReset } from '@/server/domain/identity/passwords/write';

const TOKEN = 'rst_4fQ9kZtXw2LmN8vB7cR1yH6pJ3sD5gA0';
const API_KEY = 'pur_live_4fQ9kZtXw2LmN8vB7cR1yH6pJ3sD5gA0abcdef';
const ADDRESS = 'secret.person@example.test';
const PHONE = '+4915112345678';
const PASSWORD = 'correct horse battery';
const SECRETS = [TOKEN, API_KEY, ADDRESS, PHONE, PASSWORD];

let said = '';
beforeEach(() => {
  said = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((chunk) => ((said += String(chunk)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => ((said += String(chunk)), true));
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Returns all that was printed; lines are printed at the end of a turn of the event loop. */
async function printed(): Promise<string> {
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  return said;
}

/** Makes the database's error for a refused statement, with every detail. */
const refusal = () =>
  Object.assign(new Error(`invalid input syntax: "${TOKEN}" ${API_KEY} ${ADDRESS} ${PHONE} "${PASSWORD}"`), {
    name: 'error',
    severity: 'ERROR',
    code: '22P02',
    table: 'mails',
    detail: `Key (address)=(${ADDRESS}) of ${PHONE} with ${API_KEY} and ${PASSWORD}`,
    where: `PL/pgSQL function ledger_post(uuid) line 3 at RAISE\nunnamed portal with parameters: $1 = '${TOKEN}', $2 = '${ADDRESS}'`,
  });

/** Makes a database that refuses everything; its query builder then quotes the parameters, like the real one. */
function refusing(): Database {
  const database = openDatabase(services().database.pool.options.connectionString!, { max: 1 });
  const refuse = () => Promise.reject(refusal());
  const client = { query: refuse, release: () => {}, on: () => {} };
  return Object.assign(database, {
    pool: Object.assign(database.pool, { query: refuse, connect: async () => client }),
  });
}

describe('the log of a failed job', () => {
  let database: TestDatabase & { drop: () => Promise<void> };
  let pgPool: Pool;
  beforeAll(async () => {
    database = await ownDatabase();
    pgPool = new Pool({ connectionString: database.ownerUrl, max: 4 });
    await runMigrations({ pgPool });
  });
  afterAll(async () => {
    await pgPool.end();
    await database.drop();
  });

  const settings = { messageValidityHours: 72, logRetentionMonths: 1 };
  const work = (taskList: TaskList) =>
    runOnce({ pgPool, taskList, noHandleSignals: true, noPreparedStatements: true, logger: queueLogger });
  const kept = async (): Promise<string> =>
    JSON.stringify((await pgPool.query('SELECT last_error FROM graphile_worker.jobs')).rows);

  it('holds none of its values, whatever the job', async () => {
    const broken: Services = { ...services(), database: refusing(), mail: 'smtp' };
    const mailer: Mailer = { name: 'stand-in', send: async () => ({ providerId: null }) };
    const taskList = { ...makeTasks(broken, broken.database.pool, settings), ...makeMailTasks(broken, mailer) };
    const ids = { teamId: newUuid7(), memberId: newUuid7(), mailId: newUuid7(), linkId: newUuid7(), until: TOKEN };
    const names = Object.keys(taskList);
    for (const name of names) await pgPool.query('SELECT graphile_worker.add_job($1, $2)', [name, JSON.stringify(ids)]);
    await work(taskList);
    const lines = await printed();
    for (const name of names) expect(lines).toContain(`"msg":"a job failed","task":"${name}"`);
    for (const secret of SECRETS) expect(lines, secret).not.toContain(secret);
    expect(lines).toContain('PL/pgSQL function ledger_post(uuid) line 3');
    const errors = await kept();
    expect(errors).toContain('22P02');
    for (const secret of SECRETS) expect(errors, secret).not.toContain(secret);
  });

  it('holds neither the link nor the address of an email that could not be stored in the mailbox', async () => {
    const own = openDatabase(database.appUrl, { max: 2 });
    const mailing: Services = { ...services(), database: own, mail: 'mailbox', demo: true };
    const tasks = () => ({
      ...makeTasks(mailing, pgPool, settings),
      ...makeMailTasks(mailing, makeMailer(mailing, { way: 'mailbox', from: 'mail@purser.test' })!),
    });
    try {
      await requestPasswordReset(
        { ...mailing, user: null, origin: HERE, requestId: newRequestId() },
        { email: ADDRESS },
      );
      await pgPool.query(`INSERT INTO users (id, name, email, password_hash) VALUES ($1, 'Some One', $2, 'x')`, [
        newUuid7(),
        ADDRESS,
      ]);
      await inUserTransaction(mailing, (tx) => queueMail(tx, { kind: 'password-changed', address: ADDRESS }));
      await relayBatch(pgPool);
      await pgPool.query('ALTER TABLE mailbox ADD CONSTRAINT refuses CHECK (false)');
      await work(tasks());
      await relayBatch(pgPool);
      await work(tasks());
      const { rows } = await pgPool.query<{ id: string }>('SELECT id FROM mailed_links');
      const lines = await printed();
      expect(lines).toContain('"task":"send-mail"');
      expect(lines).toContain('"constraint":"refuses"');
      for (const part of [ADDRESS, ...rows.map(({ id }) => linkToken(mailing.vault, id))]) {
        expect(lines).not.toContain(part);
        expect(await kept()).not.toContain(part);
      }
    } finally {
      await own.pool.end();
    }
  });
});

/** Makes errors as a log receives them, each with secrets wherever such an error can hold them. */
const quoting = (): [string, Error][] => {
  const wrapped = new Error(`Failed query: insert into "users" ("email") values ($1)\nparams: ${SECRETS.join(',')}`, {
    cause: refusal(),
  });
  return [
    ['a refusal of the database', refusal()],
    ['a query builder around it', Object.assign(wrapped, { query: 'insert', params: SECRETS })],
    [
      'another error around that',
      new Error(`It failed: "${PASSWORD}" ${TOKEN} ${API_KEY} ${ADDRESS} ${PHONE}`, { cause: wrapped }),
    ],
    [
      'a text that is no JSON',
      (() => {
        try {
          JSON.parse(`${PASSWORD} ${ADDRESS}`);
        } catch (error) {
          return error as Error;
        }
        throw new Error('parsed');
      })(),
    ],
    [
      'a mail server',
      Object.assign(new Error(`Can't send mail - all recipients were rejected: 550 5.1.1 <${ADDRESS}>: unknown`), {
        code: 'EENVELOPE',
        rejected: [ADDRESS],
      }),
    ],
    ['a header field', new TypeError(`Headers.set: "Bearer ${API_KEY}" is an invalid header value.`)],
    ['a connection', new Error(`connect ECONNREFUSED postgres://purser:${TOKEN}@127.0.0.1:5432/purser`)],
  ];
};

describe('a logged error', () => {
  it.each(quoting())('holds no value: %s', async (_name, error) => {
    log({ msg: 'unexpected error', ...describeFault(error) });
    log({ msg: 'explained', text: explainFailure(error).text });
    const lines = await printed();
    for (const secret of SECRETS) expect(lines, secret).not.toContain(secret);
    expect(lines).toContain('"frames":["    at ');
  });

  it.each(quoting())('holds no value on the console of a server either: %s', async (_name, error) => {
    const before = { ...console };
    try {
      redirectConsole();
      console.error(error);
      console.error(`⨯ ${error.stack}`);
      console.warn('it failed', inspect(error));
      console.trace(error);
      console.log(error.message);
    } finally {
      Object.assign(console, before);
    }
    const lines = await printed();
    expect(lines.match(/"msg":"console"/g)).toHaveLength(5);
    for (const secret of SECRETS) expect(lines, secret).not.toContain(secret);
  });

  it('keeps the text of the product’s own errors, with the ids of rows', () => {
    const id = newUuid7();
    expect(hideValues(`Mail ${id} was not taken.`)).toBe(`Mail ${id} was not taken.`);
    expect(describeFault(new Error('connect ECONNREFUSED 127.0.0.1:5432'))).toMatchObject({
      error: 'Error',
      words: 'connect ECONNREFUSED 127.0.0.1:5432',
    });
  });

  it.each(['482913', 'abcdef1234567890', 'k7Rwd-3mXpa-9QzLc-Tb4Ne', 'someone@example.test', '+4915112345678'])(
    'hides a code, a token, a password, an address and a number, however short and unquoted: %s',
    (secret) => expect(hideValues(`What it holds is ${secret}, and it was refused.`)).not.toContain(secret),
  );
});
