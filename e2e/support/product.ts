import { freePort } from '@/scripts/processes/ports.mjs';
import { commandLine, identity, isSameAlive } from '@/scripts/processes/identity.mjs';
import { argumentsFor } from '@/scripts/start/build.mjs';
import { embeddedEnvironment } from '@/scripts/start/settings.mjs';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { runningProduct } from './running-product';

export const ROOT = join(import.meta.dirname, '../..');

const OWN_VARIABLES =
  /^(DATABASE_|PURSER_|PORT$|HOST$|APP_URL$|NODE_ENV$|CARRIER$|RATE_LIMIT$|TRUST_PROXY$|ALLOW_HTTP$|RESEND_|SMTP_URL$|MAIL_FROM$|SIGN_UP$|NEXTAUTH_|AUTH_|VITEST|VITE_|TEST|PLAYWRIGHT|FORCE_COLOR$|DEBUG_COLORS$|E2E_|npm_|INIT_CWD$)/;

/** Returns the environment of an installation without settings, with the given variables added. */
export function cleanEnvironment(set: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (OWN_VARIABLES.test(name)) Reflect.deleteProperty(env, name);
  return Object.assign(env, set);
}

/** A started program and its output so far. */
export type Running = { child: ChildProcess; pid: number; output: () => string };

export function run(args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { child, pid: child.pid ?? 0, output: () => text };
}

/** Polls until a condition holds; throws an error with the text of `what` after `ms` milliseconds. */
export async function until(what: () => string, ms: number, isMet: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(25)) if (await isMet()) return;
  throw new Error(`Not within ${ms} ms: ${what()}`);
}

export type Product = {
  url: string;
  pid: number;
  output: () => string;
  stop: () => Promise<{ code: number | null; output: string }>;
};

/**
 * Runs the script of `npm start` on a free port and its own data directory until it prints its address.
 * @param more more variables of its environment
 * @param withinMs the limit for a start, in milliseconds; the first one on a machine builds the pages
 * @throws when the product is not up in time, or exits
 */
export async function startProduct(
  dataDir: string,
  more: Record<string, string> = {},
  withinMs = 110_000,
): Promise<Product> {
  const port = await freePort(undefined);
  const env = cleanEnvironment({
    PORT: String(port),
    PURSER_DATA_DIR: dataDir,
    PURSER_DEMO_DAYS: '3',
    RATE_LIMIT: '100000',
    ...more,
  });
  const { child, pid, output } = run(['scripts/start.mjs'], env);
  const isUp = () => output().includes('Purser is ready at') || child.exitCode !== null;
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
    return { code: child.exitCode, output: output() };
  };
  try {
    await until(() => `the product is up. ${output()}`, withinMs, isUp);
  } catch (error) {
    // A product that is not up in time would keep running.
    await stop();
    throw error;
  }
  if (child.exitCode !== null) throw new Error(`The product did not start:\n${output()}`);
  return { url: `http://127.0.0.1:${port}`, pid, output, stop };
}

export type Connection = { ownerUrl: string; appUrl: string; demo: boolean };

export function connectionOf(dataDir: string): Connection {
  return JSON.parse(readFileSync(join(dataDir, 'connection.json'), 'utf8'));
}

/** Starts another web process on the product's database, as an operator may. */
export function startWeb(dataDir: string, port: number, more: Record<string, string> = {}): Running {
  const env = { ...embeddedEnvironment(dataDir, connectionOf(dataDir)), NODE_ENV: 'production', RATE_LIMIT: '100000' };
  return run(argumentsFor('server/web.ts'), cleanEnvironment({ ...env, PORT: String(port), ...more }));
}

/** Starts a process that runs operator commands on the product of a data directory, one for each request. */
export async function startOperator(dataDir: string): Promise<Running & { url: string }> {
  const env = { ...embeddedEnvironment(dataDir, connectionOf(dataDir)), INIT_CWD: ROOT };
  const operator = run(['--import', 'tsx', 'e2e/support/operator.ts'], cleanEnvironment(env));
  const url = () => /operator at (\S+)/.exec(operator.output())?.[1];
  await until(operator.output, 110_000, () => url() !== undefined || operator.child.exitCode !== null);
  return { ...operator, url: url() ?? '' };
}

export type Ended = { code: number | null; stdout: string; stderr: string };

/** Runs an operator command on the product of a data directory. */
export async function purser(dataDir: string, ...args: string[]): Promise<Ended> {
  const env = cleanEnvironment({ PURSER_DATA_DIR: dataDir });
  const child = spawn(process.execPath, ['scripts/purser.mjs', ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (part: string) => (ended.stdout += part));
  child.stderr.setEncoding('utf8').on('data', (part: string) => (ended.stderr += part));
  await once(child, 'close');
  return { ...ended, code: child.exitCode };
}

/** Runs an operator command with --json and returns its output; throws when it failed. */
export const purserJson = async <T>(dataDir: string, ...args: string[]): Promise<T> =>
  parseOutput(args, await purser(dataDir, ...args, '--json'));

/** Runs an operator command on the running product, without a process of its own. */
export async function operatorCommand(...args: string[]): Promise<Ended> {
  const response = await fetch(runningProduct().operatorUrl, { method: 'POST', body: JSON.stringify(args) });
  if (!response.ok) throw new Error(await response.text());
  return response.json() as Promise<Ended>;
}

/** Runs an operator command with --json on the running product and returns its output; throws when it failed. */
export const operate = async <T>(...args: string[]): Promise<T> =>
  parseOutput(args, await operatorCommand(...args, '--json'));

// oxlint-disable-next-line typescript/no-explicit-any -- the caller knows the output of the command
function parseOutput(args: string[], { code, stdout, stderr }: Ended): any {
  if (code !== 0) throw new Error(`purser ${args.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

export type Team = { teamId: string; memberId: string; apiKey: string; slug: string; email: string; password: string };

/** The password of every owner that the tests create. */
const PASSWORD = 'correct horse battery';

/** Creates a team, with an initial balance if given. An existing user becomes its owner and keeps their password. */
export async function createTeamByCommand(
  name: string,
  fund: string | null,
  email = `${name.toLowerCase().replaceAll(' ', '-')}@example.test`,
): Promise<Team> {
  const owner = ['--owner-name', 'Olive Owner', '--owner-email', email, '--owner-password', PASSWORD];
  // A worker process that replaces a failed one creates the teams of its file again, so the old ones free their addresses.
  if (Number(process.env['TEST_WORKER_INDEX']) > Number(process.env['TEST_PARALLEL_INDEX']))
    await freeAddress(name.toLowerCase().replaceAll(' ', '-'));
  const team = await operate<Team>('team', 'create', '--name', name, ...owner);
  if (fund !== null) await operate('team', 'fund', team.teamId, fund);
  return { ...team, email, password: PASSWORD };
}

/** Returns a team name that is unique to this worker process, for files whose tests run in both. */
export const ofThisWorker = (name: string): string => `${name} ${process.env['TEST_PARALLEL_INDEX']}`;

async function freeAddress(slug: string): Promise<void> {
  const client = new Client({ connectionString: connectionOf(runningProduct().dataDir).ownerUrl });
  await client.connect();
  await client.query(
    `WITH freed AS (UPDATE team_slugs SET slug = slug || '-' || right(team_id::text, 8) WHERE slug = $1 RETURNING team_id, slug)
     UPDATE teams SET slug = freed.slug FROM freed WHERE teams.id = freed.team_id`,
    [slug],
  );
  await client.end();
}

export type Process = { pid: number; started: string };

/** Returns the ids of all descendant processes, according to `/proc`. */
export function descendants(pid: number): number[] {
  const parents = new Map<number, number[]>();
  for (const name of readdirSync('/proc').filter((entry) => /^[0-9]+$/.test(entry))) {
    let stat = '';
    try {
      stat = readFileSync(`/proc/${name}/stat`, 'utf8');
    } catch {
      continue;
    }
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    parents.set(parent, [...(parents.get(parent) ?? []), Number(name)]);
  }
  const below = (of: number): number[] => (parents.get(of) ?? []).flatMap((child) => [child, ...below(child)]);
  return below(pid);
}

export const identities = (pids: number[]): Process[] => pids.map(identity);

export const alive = (processes: Process[]): Process[] => processes.filter((one) => isSameAlive(one));

/** Returns the id of the product's process that runs a program, such as `.next/programs/server/web`. */
export function processOf(dataDir: string, program: string): number | undefined {
  const known: Process[] = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8'));
  return known.find(({ pid }) => commandLine(pid).some((part) => part.includes(program)))?.pid;
}

/** Returns the process id of the embedded Postgres. */
export const postmasterOf = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
