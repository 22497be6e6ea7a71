import { Logger, run, type Runner, type TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import { openDatabase } from '@/db/client';
import { announceAll, tellRest } from '@/server/domain/changes';
import { makeServices, type Services } from '@/server/domain/ctx';
import { listAwaited } from '@/server/domain/messages/read';
import { reportMessages } from '@/server/domain/messages/write';
import { env } from '@/server/env';
import { describeFault, log } from '@/server/log';
import type { Carrier } from '@/server/outbound/carriers/carrier';
import { makeSandbox } from '@/server/outbound/carriers/sandbox';
import { byTeam, jobCtx } from './context';
import { dispatch } from './dispatch';
import { relay } from './relay';
import { makeMailer } from './mail';
import { CRONTAB, makeMailTasks, makeTasks } from './tasks';

/** A running worker: dispatcher, relay and job queue. */
export type Worker = { stop(): Promise<void> };

/** Starts all background work of one process. Any number of them may run beside each other. */
export async function startWorker(): Promise<Worker> {
  const settings = env();
  const owner = openDatabase(settings.ownerUrl, { max: 8, name: 'purser-worker' });
  const app = openDatabase(settings.databaseUrl, { max: settings.poolSize, name: 'purser-worker' });
  const services = makeServices(app, settings);
  const carrier = makeSandbox(async (teamId, reports) => {
    await reportMessages(jobCtx(services, teamId), reports);
  });
  const mailer = makeMailer(services, settings.mail);
  const runner = await runTasks(owner.pool, makeTasks(services, owner.pool, settings), CRONTAB);
  const mailRunner = mailer && (await runTasks(owner.pool, makeMailTasks(services, mailer), ''));
  await runner.addJob('make-partitions', {}, { jobKey: 'make-partitions at start' });
  await runner.addJob('serve-all-waiting', {}, { jobKey: 'serve-all-waiting at start' });
  await runner.addJob('resume-mails', {}, { jobKey: 'resume-mails at start' });
  await resumeAwaited(services, carrier);
  const stopping = new AbortController();
  const loops = [dispatch(services, carrier, stopping.signal), relay(owner.pool, stopping.signal)];
  announceAll(app.pool);
  log({ msg: 'worker started', carrier: carrier.name, mail: mailer?.name ?? 'none' });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(loops);
      await carrier.close();
      await Promise.all([runner.stop(), mailRunner?.stop()]);
      await tellRest(app.pool);
      await Promise.all([owner.pool.end(), app.pool.end()]);
      log({ msg: 'worker stopped' });
    },
  };
}

const runTasks = (pgPool: Pool, taskList: TaskList, crontab: string): Promise<Runner> =>
  run({
    pgPool,
    taskList,
    crontab,
    concurrency: 4,
    pollInterval: 1_000,
    noHandleSignals: true,
    noPreparedStatements: true,
    logger: queueLogger,
  });

// The queue's own words, as lines of ours; what it says of each job that went well is left out.
const queueLogger = new Logger(({ label, taskIdentifier }) => (level: string, message) => {
  if (level === 'error' || level === 'warning') {
    log({ msg: 'queue', level: level === 'error' ? 'error' : 'warn', label, task: taskIdentifier, words: message });
  }
});

/** Messages that were handed over before this process began: a carrier that is asked for reports is asked now. */
async function resumeAwaited(services: Services, carrier: Carrier): Promise<void> {
  if (!carrier.resume) return;
  const rows = await listAwaited(services.database.db, carrier.name);
  for (const [teamId, batch] of byTeam(rows)) carrier.resume(teamId, batch);
}

/** Runs until SIGTERM or SIGINT. */
export async function runWorker(): Promise<void> {
  const worker = await startWorker();
  await new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  await worker.stop();
}

if (import.meta.url === `file://${process.argv[1]}`) {
  runWorker().catch((error: unknown) => {
    log({ msg: 'the worker could not start', level: 'error', ...describeFault(error) });
    process.exitCode = 1;
  });
}
