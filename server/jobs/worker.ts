import { setTimeout as sleep } from 'node:timers/promises';
import { Logger, run, type Runner, type TaskList } from 'graphile-worker';
import type { Pool } from 'pg';
import { openDatabase } from '@/db/client';
import { announceAll, flushChanges } from '@/server/domain/core/change-feed';
import { makeServices } from '@/server/domain/core/context';
import { ConfigError, env, EXIT_CONFIG } from '@/server/env';
import { describeFault, endOnFault, hideValues, log, redirectConsole } from '@/server/log';
import { connectCarriers, mustBeValidCarriers, resumeAwaited, watchCarriers } from './carriers';
import { dispatch } from './dispatch';
import { forget, keepBeating, keepReleasing, LiveWorkers } from './heartbeat';
import { relay } from './relay';
import { makeMailer } from './send-email';
import { CRONTAB, makeMailTasks, makeTasks } from './tasks';

/**
 * A running worker: dispatcher, relay and job queue. `lost` resolves with the reason once a part of it has ended
 * unexpectedly.
 */
export type Worker = { stop(): Promise<void>; lost: Promise<string> };

/** Starts all background work of a process. Any number of processes may run in parallel. */
export async function startWorker(): Promise<Worker> {
  const settings = env();
  mustBeValidCarriers(settings);
  const owner = openDatabase(settings.ownerUrl, { max: 8, name: 'purser-worker' });
  // Heartbeats and the release of locks have their own connections, so that they wait neither for jobs nor for each
  // other.
  const pulse = openDatabase(settings.ownerUrl, { max: 1, name: 'purser-heartbeat' });
  const releasing = openDatabase(settings.ownerUrl, { max: 1, name: 'purser-release' });
  const app = openDatabase(settings.databaseUrl, { max: settings.poolSize, name: 'purser-worker' });
  const services = makeServices(app, settings);
  const carriers = connectCarriers(services, settings);
  const validityMs = settings.messageValidityHours * 3_600_000;
  const mailer = makeMailer(services, settings.mail);
  const workers = new LiveWorkers(pulse.pool);
  const [stopping, ended] = [new AbortController(), new AbortController()];
  const beating = keepBeating(workers, ended.signal);
  const freeing = keepReleasing(releasing.pool, workers, stopping.signal);
  const tasks = makeTasks(services, owner.pool, settings);
  const runner = await runTasks(owner.pool, tasks, CRONTAB, workers);
  const mailTasks = mailer && makeMailTasks(services, mailer);
  const mailRunner = mailTasks && (await runTasks(owner.pool, mailTasks, '', workers));
  const runners = mailRunner ? [runner, mailRunner] : [runner];
  await enqueueAtStart(runner);
  await resumeAwaited(services, carriers);
  const loops = [
    ...carriers.map((carrier) => dispatch(services, { carrier, carriers, validityMs }, stopping.signal)),
    watchCarriers(services, carriers, stopping.signal),
    relay(owner.pool, stopping.signal),
    freeing,
  ];
  const watched = [...loops, beating, ...runners.map(({ promise }) => promise)];
  Promise.race(watched).then(
    () => workers.lose('a part of the worker has ended'),
    () => workers.lose('a part of the worker has failed'),
  );
  announceAll(app.pool);
  log({ msg: 'worker started', carriers: carriers.map(({ name }) => name), mail: mailer?.name ?? 'none' });
  return {
    lost: workers.lost,
    async stop() {
      workers.stopping();
      stopping.abort();
      await Promise.all(loops);
      await Promise.all(carriers.map((carrier) => carrier.close()));
      // A runner that has already ended rejects being stopped again.
      await Promise.all(runners.map((one) => one.stop().catch(() => {})));
      // Waits for jobs under way, because no other worker may take their locks before they end.
      ended.abort();
      await beating;
      await forget(pulse.pool, workers.ids).catch(() => {});
      await flushChanges(app.pool);
      await Promise.all([owner, pulse, releasing, app].map(({ pool }) => pool.end()));
      log({ msg: 'worker stopped' });
    },
  };
}

async function enqueueAtStart(runner: Runner): Promise<void> {
  await runner.addJob('make-partitions', {}, { jobKey: 'make-partitions at start' });
  await runner.addJob('serve-all-waiting', {}, { jobKey: 'serve-all-waiting at start' });
  await runner.addJob('resume-mails', {}, { jobKey: 'resume-mails at start' });
}

const runTasks = (pgPool: Pool, taskList: TaskList, crontab: string, workers: LiveWorkers): Promise<Runner> =>
  run({
    pgPool,
    taskList,
    crontab,
    concurrency: 4,
    pollInterval: 1_000,
    noHandleSignals: true,
    noPreparedStatements: true,
    logger: queueLogger,
    events: workers.watch(),
  });

// Logs the queue's messages in our format. Omits successful jobs, and failed ones, which the task has logged.
export const queueLogger = new Logger(({ label, taskIdentifier }) => (level: string, message, meta) => {
  if ((level !== 'error' && level !== 'warning') || meta?.['failure']) return;
  const error = meta?.['fatalError'] ?? meta?.['error'];
  const what = error === undefined ? { words: hideValues(message) } : describeFault(error);
  log({ msg: 'queue', level: level === 'error' ? 'error' : 'warn', label, task: taskIdentifier, ...what });
});

/** The time that a worker with a lost part has to finish its other work, in milliseconds. */
const LAST_MS = 2_000;

/** Runs until SIGTERM or SIGINT. A worker that has lost a part exits with code 1, so that it is restarted. */
export async function runWorker(): Promise<void> {
  redirectConsole();
  endOnFault();
  const worker = await startWorker().catch((error: unknown) => end('the worker could not start', error));
  const stopped = new Promise<null>((resolve) => {
    process.once('SIGTERM', () => resolve(null));
    process.once('SIGINT', () => resolve(null));
  });
  const reason = await Promise.race([worker.lost, stopped]);
  if (reason === null) return worker.stop();
  await Promise.race([worker.stop().catch(() => {}), sleep(LAST_MS)]);
  end(reason);
}

// Exits explicitly, because an open pool or timer would keep an idle worker alive.
function end(msg: string, error?: unknown): never {
  if (error instanceof ConfigError) {
    process.stderr.write(`${error.message}\n`);
    process.exit(EXIT_CONFIG);
  }
  log({ msg, level: 'error', ...(error !== undefined && describeFault(error)) });
  process.exit(1);
}
