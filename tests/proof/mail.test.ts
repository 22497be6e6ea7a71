import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'pg';
import type { SMTPServerOptions } from 'smtp-server';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { openDatabase } from '@/db/client';
import type { Services } from '@/server/domain/core/context';
import { queueMail } from '@/server/domain/notifications/emails/write';
import { inUserTransaction } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { ownDatabase, type TestDatabase } from '../support/database';
import { fieldsOf, openSmtp, readAll, type Taken } from '../support/mail';

let database: TestDatabase & { drop: () => Promise<void> };
let own: Services;
let owner: Pool;

beforeAll(async () => {
  database = await ownDatabase();
  owner = new Pool({ connectionString: database.ownerUrl, max: 2 });
  own = { ...services(), database: openDatabase(database.appUrl, { max: 2 }), mail: 'smtp' };
});
afterAll(async () => {
  await own.database.pool.end();
  await owner.end();
  await database.drop();
});

/** Starts a worker in a process of its own, as it runs beside the product. */
function startWorker(smtpUrl: string): ChildProcess {
  const { ownerUrl, appUrl } = database;
  const env = { DATABASE_URL: appUrl, DATABASE_OWNER_URL: ownerUrl, SMTP_URL: smtpUrl, MAIL_FROM: 'mail@purser.test' };
  return spawn(process.execPath, argumentsFor('server/jobs/main.ts'), {
    cwd: join(import.meta.dirname, '../..'),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

async function until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + 120_000; Date.now() < end; await sleep(20)) if (await isSo()) return;
  throw new Error(`Not within 120 s: ${what}`);
}

async function killed(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  child.kill(signal);
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}

const stateOf = async (id: string): Promise<string> =>
  (await owner.query<{ state: string }>('SELECT state FROM mails WHERE id = $1', [id])).rows[0]!.state;

/** The point at which the first worker dies, as its mail server sees it; `hold` reports the point and never returns. */
type Point = (hold: () => void, taken: Taken[]) => Pick<SMTPServerOptions, 'onRcptTo' | 'onData'>;

const POINTS: [string, Point, copies: number][] = [
  ['before the mail is handed over', (hold) => ({ onRcptTo: hold }), 1],
  [
    'after the mail was taken, before it knows',
    (hold, taken) => ({
      onData: (stream, session) => void readAll(stream, session).then((mail) => (taken.push(mail), hold())),
    }),
    2,
  ],
];

/** S6 for mail: a worker that is killed loses none, and what it may have sent is sent again under the same Message-ID. */
describe('a worker killed', () => {
  it.each(POINTS)('%s: the next one sends the mail', async (_what, point, copies) => {
    const held: Taken[] = [];
    let isThere = false;
    const first = await openSmtp(point(() => (isThere = true), held));
    const address = `killed-${copies}@example.test`;
    const id = (await inUserTransaction(own, (tx) => queueMail(tx, { kind: 'password-changed', address })))!;
    const victim = startWorker(first.url);
    await until('the first worker is at it', () => isThere);
    await killed(victim, 'SIGKILL');
    expect(await stateOf(id)).toBe('queued');
    const second = await openSmtp();
    const next = startWorker(second.url);
    await until('the mail is sent', async () => (await stateOf(id)) === 'sent');
    await killed(next, 'SIGTERM');
    const all = [...held, ...second.taken];
    expect(all.map(({ to }) => to)).toEqual(Array.from({ length: copies }, () => [address]));
    expect(new Set(all.map((mail) => fieldsOf(mail).get('message-id')!.join()))).toEqual(
      new Set([`<${id}@purser.test>`]),
    );
    await Promise.all([first.close(), second.close()]);
  });
});
