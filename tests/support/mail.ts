import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { Logger, runMigrations, runOnce, type TaskList } from 'graphile-worker';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';
import { makeContext, type Context, type MailWay, type Services } from '@/server/domain/core/context';
import { services } from '@/server/http/services';
import { relayBatch } from '@/server/jobs/relay';
import { makeMailTasks, makeTasks } from '@/server/jobs/tasks';
import type { Mailer } from '@/server/outbound/mail/mailer';
import { ownerPool } from './team';

/** Returns the services of a process that sends emails in this way. */
export const mailing = (way: MailWay = 'smtp'): Services => ({ ...services(), mail: way, appUrl: APP_URL });

export const APP_URL = 'https://purser.test';

/** Moves an actor to services that send emails. */
export const withMail = (ctx: Context, way: MailWay = 'smtp'): Context => makeContext(mailing(way), ctx.actor);

/** An email accepted by a server: the recipients of the envelope, and the raw text. */
export type Taken = { to: string[]; from: string; raw: string };

type Answers = Pick<SMTPServerOptions, 'onRcptTo' | 'onData'>;

/** Opens a real SMTP server; `answers` replaces its behaviour. */
export async function openSmtp(answers: Answers = {}) {
  const taken: Taken[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    disableReverseLookup: true,
    logger: false,
    onData(stream, session, callback) {
      void readAll(stream, session).then((mail) => {
        taken.push(mail);
        callback();
      });
    },
    ...answers,
  });
  server.on('error', () => {});
  server.listen(0, '127.0.0.1');
  await once(server.server, 'listening');
  const { port } = server.server.address() as AddressInfo;
  return { taken, url: `smtp://127.0.0.1:${port}`, close: () => new Promise<void>((resolve) => server.close(resolve)) };
}

/** Reads a whole email. */
export async function readAll(stream: AsyncIterable<Buffer>, { envelope }: SMTPServerSession): Promise<Taken> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part);
  const from = envelope.mailFrom ? envelope.mailFrom.address : '';
  return { to: envelope.rcptTo.map(({ address }) => address), from, raw: Buffer.concat(parts).toString('utf8') };
}

/** Parses the header fields of an email, unfolded, by their names in lower case. */
export function fieldsOf({ raw }: Taken): Map<string, string[]> {
  const head = raw.slice(0, raw.indexOf('\r\n\r\n')).replace(/\r\n[ \t]+/g, ' ');
  const fields = new Map<string, string[]>();
  for (const line of head.split('\r\n')) {
    const name = line.slice(0, line.indexOf(':')).toLowerCase();
    fields.set(name, [...(fields.get(name) ?? []), line.slice(line.indexOf(':') + 1).trim()]);
  }
  return fields;
}

let migrated: Promise<void> | undefined;

/** Runs all enqueued jobs and those that follow from them, like a worker: outbox, relay, queue. */
export async function doJobs(mailer: Mailer | null): Promise<void> {
  const pgPool = ownerPool();
  await (migrated ??= runMigrations({ pgPool }));
  const taskList: TaskList = {
    ...makeTasks(mailing(), pgPool, { messageValidityHours: 72, logRetentionMonths: 0 }),
    ...(mailer && makeMailTasks(mailing(), mailer)),
  };
  for (let moved = 1; moved > 0;) {
    moved = await relayBatch(pgPool);
    await runOnce({ pgPool, taskList, noHandleSignals: true, noPreparedStatements: true, logger: SILENT });
  }
}

const SILENT = new Logger(() => () => {});

export type MailRow = {
  id: string;
  kind: string;
  address: string;
  state: string;
  attempts: number;
  error: string | null;
  provider_id: string | null;
  member_id: string | null;
  facts: Record<string, string>;
};

/** Returns the emails of a team, oldest first. */
export async function mailsOf(teamId: string): Promise<MailRow[]> {
  const { rows } = await ownerPool().query<MailRow>('SELECT * FROM mails WHERE team_id = $1 ORDER BY id', [teamId]);
  return rows;
}
