import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '@/scripts/processes/ports.mjs';
import { commandLine, identity, isSameAlive } from '@/scripts/processes/identity.mjs';
import { embeddedEnvironment } from '@/scripts/start/settings.mjs';

export const ROOT = join(import.meta.dirname, '../..');

const OURS =
  /^(DATABASE_|PURSER_|PORT$|HOST$|APP_URL$|NODE_ENV$|CARRIER$|RATE_LIMIT$|TRUST_PROXY$|ALLOW_HTTP$|RESEND_|SMTP_URL$|MAIL_FROM$|SIGN_UP$|NEXTAUTH_|AUTH_|VITEST|VITE_|TEST|npm_|INIT_CWD$)/;

/** The environment of a person who has set nothing, with what the test sets. */
export function cleanEnvironment(set: Record<string, string>): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) if (OURS.test(name)) Reflect.deleteProperty(env, name);
  return Object.assign(env, set);
}

/** A started program and all that it has said. */
export type Running = { child: ChildProcess; pid: number; output: () => string };

export function run(args: string[], env: NodeJS.ProcessEnv): Running {
  const child = spawn(process.execPath, args, { cwd: ROOT, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (part: string) => (said += part));
  return { child, pid: child.pid ?? 0, output: () => said };
}

/** Waits until something is so, asked again and again; throws what `what` says when it never is. */
export async function until(what: () => string, ms: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(25)) if (await isSo()) return;
  throw new Error(`Not within ${ms} ms: ${what()}`);
}

export type Product = {
  url: string;
  pid: number;
  output: () => string;
  stop: () => Promise<{ code: number | null; output: string }>;
};

/**
 * `npm start`'s own script on a free port and its own data directory, up to the printed address.
 * @param more what else its environment says
 * @param withinMs how long a start may take; the first one on a machine builds the pages
 */
export async function startProduct(
  dataDir: string,
  more: Record<string, string> = {},
  withinMs = 110_000,
): Promise<Product> {
  const port = await freePort(undefined);
  const env = cleanEnvironment({ PORT: String(port), PURSER_DATA_DIR: dataDir, RATE_LIMIT: '100000', ...more });
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
    // What did not come up in time would go on for ever.
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

/** One more web process on the product's database, as an operator may add any number of them. */
export function startWeb(dataDir: string, port: number, more: Record<string, string> = {}): Running {
  const env = { ...embeddedEnvironment(dataDir, connectionOf(dataDir)), NODE_ENV: 'production', RATE_LIMIT: '100000' };
  return run(['--import', 'tsx', 'server/web.ts'], cleanEnvironment({ ...env, PORT: String(port), ...more }));
}

export type Ended = { code: number | null; stdout: string; stderr: string };

/** The operator's command on the product of a data directory. */
export async function purser(dataDir: string, ...words: string[]): Promise<Ended> {
  const env = cleanEnvironment({ PURSER_DATA_DIR: dataDir });
  const child = spawn(process.execPath, ['scripts/purser.mjs', ...words], {
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

/** What a command answers with --json; throws when it failed. */
export async function purserJson<T>(dataDir: string, ...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await purser(dataDir, ...words, '--json');
  if (code !== 0) throw new Error(`purser ${words.join(' ')} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

export type Team = { teamId: string; memberId: string; apiKey: string; slug: string; email: string; password: string };

/** Of every owner that is made here. */
const PASSWORD = 'correct horse battery';

/** A team of the operator's, funded where an amount is given. An owner who is known already keeps the password and gets one seat more. */
export async function makeTeam(
  dataDir: string,
  name: string,
  fund: string | null,
  email = `${name.toLowerCase().replaceAll(' ', '-')}@example.test`,
): Promise<Team> {
  const owner = ['--owner-name', 'Olive Owner', '--owner-email', email, '--owner-password', PASSWORD];
  const team = await purserJson<Team>(dataDir, 'team', 'create', '--name', name, ...owner);
  if (fund !== null) await purserJson(dataDir, 'team', 'fund', team.teamId, fund);
  return { ...team, email, password: PASSWORD };
}

export type Process = { pid: number; started: string };

/** All that a process has started, and what these have, by the system's own account. */
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

/** The process of the product that runs `file`. */
export function processOf(dataDir: string, file: string): number | undefined {
  const known: Process[] = JSON.parse(readFileSync(join(dataDir, 'processes.json'), 'utf8'));
  return known.find(({ pid }) => commandLine(pid).includes(file))?.pid;
}

/** The process that is the embedded Postgres. */
export const postmasterOf = (dataDir: string): number =>
  Number(readFileSync(join(dataDir, 'postgres/data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
