import type { Task, TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { Services, Task as OutboxTask } from '@/server/domain/core/context';
import { removeOldTexts } from '@/server/domain/messaging/messages/write';
import { eraseTrail } from '@/server/domain/privacy/erasure/write';
import { sendAlert } from '@/server/domain/notifications/alerts/write';
import { listAbandonedMails, listDueDigests } from '@/server/domain/notifications/emails/write';
import { serveWaiting } from '@/server/domain/billing/auto-recharge/write';
import { describeFault, log } from '@/server/log';
import type { Mailer } from '@/server/outbound/mail/mailer';
import { expireMessages } from './dispatch';
import { systemContext } from '@/server/domain/core/context';
import { sendMail } from './send-email';
import { dropOldMessages } from './retention';
import { mailLink } from '@/server/domain/identity/email-links/write';

const teamPayload = z.object({ teamId: z.uuid() });
const trailPayload = teamPayload.extend({ memberId: z.uuid(), until: z.string() });
const LATER_MS = 3_600_000;
const mailPayload = z.object({ mailId: z.uuid() });
const alertPayload = z.union([
  teamPayload.extend({ members: z.literal(true) }),
  teamPayload.extend({ accountId: z.uuid() }),
  teamPayload.extend({ mailId: z.uuid() }),
  teamPayload.extend({
    memberId: z.uuid(),
    since: z.string(),
    transferId: z.uuid().nullable(),
    by: z.uuid().nullish(),
  }),
]);
const linkPayload = z.object({ linkId: z.uuid() });
const PARTITIONS_AHEAD = 3;
/** The days for which refusals are kept: the longest range of the statistics, two years. */
const REFUSALS_KEPT_DAYS = 732;

type MailTask = 'send-mail';
type Settings = { messageValidityHours: number; logRetentionMonths: number };

/**
 * Returns the tasks that wait for a mail server. They run apart from the others, so that a slow server delays no money.
 */
export const makeMailTasks = (services: Services, mailer: Mailer): TaskList => {
  const fromOutbox: Record<MailTask, Task> = {
    'send-mail': (payload) => sendMail(services, mailer, mailPayload.parse(payload).mailId),
  };
  return guarded(fromOutbox);
};

/** Returns the other tasks of the queue. Each is one call into the domain or outbound, and safe to repeat. */
export const makeTasks = (services: Services, owner: Pool, settings: Settings): TaskList =>
  guarded({ ...tasksOfChanges(services), ...tasksOfClock(services, owner, settings) });

/** Returns the tasks that follow a change, enqueued through the outbox. */
function tasksOfChanges(services: Services): Record<Exclude<OutboxTask, MailTask>, Task> {
  return {
    'serve-waiting': async (payload) => {
      await serveWaiting(systemContext(services, teamPayload.parse(payload).teamId));
    },
    'erase-trail': async (payload, helpers) => {
      const { teamId, ...trail } = trailPayload.parse(payload);
      const { waiting } = await eraseTrail(systemContext(services, teamId), trail);
      // Messages under way keep their text until they are final.
      if (waiting)
        await helpers.addJob('erase-trail', { teamId, ...trail }, { runAt: new Date(Date.now() + LATER_MS) });
    },
    alert: async (payload) => {
      const job = alertPayload.parse(payload);
      await sendAlert(systemContext(services, job.teamId), job);
    },
    'mail-link': async (payload) => {
      await mailLink(services, linkPayload.parse(payload).linkId);
    },
  };
}

/** Returns the tasks that are started by the clock. */
function tasksOfClock(services: Services, owner: Pool, settings: Settings): Record<string, Task> {
  return {
    // Caps reset at midnight UTC, so every team with a waiting rule is served.
    'serve-all-waiting': async (_payload, helpers) => {
      const { rows } = await owner.query<{ team_id: string }>(
        'SELECT DISTINCT team_id FROM recharge_rules WHERE waiting_since IS NOT NULL',
      );
      for (const { team_id } of rows) {
        const name = `serve-waiting:${team_id}`;
        await helpers.addJob('serve-waiting', { teamId: team_id }, { queueName: name, jobKey: name });
      }
    },
    'resume-mails': async (_payload, helpers) => {
      for (const mailId of await listAbandonedMails(services)) {
        await helpers.addJob('send-mail', { mailId }, { jobKey: `mail:${mailId}` });
      }
    },
    'send-digests': async (_payload, helpers) => {
      for (const mailId of await listDueDigests(services)) {
        await helpers.addJob('send-mail', { mailId }, { jobKey: `mail:${mailId}` });
      }
    },
    'expire-messages': async () => {
      while ((await expireMessages(services, settings.messageValidityHours)) > 0);
      await owner.query(`DELETE FROM carrier_health WHERE checked_at < now() - interval '1 day'`);
      // A message that was not reported by now has expired. The week is for reports that come late.
      await owner.query(`DELETE FROM carrier_refs WHERE created_at < now() - make_interval(hours => $1, days => 7)`, [
        settings.messageValidityHours,
      ]);
    },
    'make-partitions': async () => {
      await owner.query(
        `SELECT messages_partition((date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => m))::date)
         FROM generate_series(0, $1::int) m`,
        [PARTITIONS_AHEAD],
      );
    },
    'drop-old-messages': async () => {
      await dropOldMessages(owner, settings.logRetentionMonths);
    },
    'remove-old-texts': async () => {
      const { rows } = await owner.query<{ id: string }>('SELECT id FROM teams WHERE text_retention_days IS NOT NULL');
      for (const { id } of rows) await removeOldTexts(systemContext(services, id));
    },
    'drop-old-refusals': async () => {
      await owner.query(`DELETE FROM refusals WHERE day < (now() AT TIME ZONE 'UTC')::date - $1::int`, [
        REFUSALS_KEPT_DAYS,
      ]);
    },
    'drop-old-answers': async () => {
      await owner.query(
        `UPDATE idempotency_keys SET answer = NULL WHERE answer IS NOT NULL AND created_at < now() - interval '30 days'`,
      );
    },
  };
}

/**
 * The error that the queue receives for a failed job. The queue logs and stores its message, so it contains no values.
 */
class JobFault extends Error {
  constructor({ error, code, words }: Record<string, unknown>) {
    super([error, code, words].filter(Boolean).join(' '));
    delete this.stack;
  }
}

/** Wraps tasks to log their own failures, because the queue's log line would quote the failed statement. */
function guarded(tasks: Record<string, Task>): TaskList {
  const guard =
    (name: string, task: Task): Task =>
    async (payload, helpers) => {
      try {
        await task(payload, helpers);
      } catch (error) {
        const { id, attempts, max_attempts: most } = helpers.job;
        const fault = describeFault(error);
        log({
          msg: 'a job failed',
          level: attempts < most ? 'warn' : 'error',
          task: name,
          job: id,
          attempts,
          ...fault,
        });
        throw new JobFault(fault);
      }
    };
  return Object.fromEntries(Object.entries(tasks).map(([name, task]) => [name, guard(name, task)]));
}

/**
 * The schedule of the tasks (UTC). A missed midnight is caught up within the day. Caps are checked again some minutes
 * later: a charge that began before midnight may have used yesterday's cap and committed after the first check, and
 * this machine's clock may be ahead of the database's.
 */
export const CRONTAB = `
0,2,10 0 * * * serve-all-waiting ?fill=1d
*/10 * * * * expire-messages
*/5 * * * * resume-mails
*/5 * * * * send-digests
15 1 * * * make-partitions ?fill=7d
30 2 * * * drop-old-answers ?fill=1d
35 2 * * * drop-old-refusals ?fill=1d
45 2 * * * drop-old-messages ?fill=1d
0 3 * * * remove-old-texts ?fill=1d
`;
