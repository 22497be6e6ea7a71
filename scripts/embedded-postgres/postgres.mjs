import {
  chmodSync,
  closeSync,
  fstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { Client } from 'pg';
import {
  chooseRunner,
  handOver,
  loadBinaries,
  openCluster,
  settlePrevious,
  spawnProgram,
  startFailure,
} from './cluster.mjs';
import { makePrivateDirectory, writePrivateJson } from '../start/files.mjs';
import { takeOwnership } from './ownership.mjs';
import { freePort } from '../processes/ports.mjs';
import { send, sleep, within } from '../processes/identity.mjs';
import { codeOf, fromFileSystem, Stop } from '../processes/stop.mjs';

/**
 * @typedef {object} Options
 * @property {string} dir the data directory; the database lives in its `postgres/`
 * @property {number} [port] this port or none; otherwise the one of last time, or any free one
 * @property {Record<string, string | number>} [settings] server settings, as in postgresql.conf
 * @property {(line: string) => void} [log] receives lines for the user
 * @property {object} [connection] more to write into connection.json
 * @property {'namespace' | 'nobody'} [rootAs] which way to leave root; tests only
 */

/**
 * @typedef {object} Postgres
 * @property {string} ownerUrl owns the database `purser`, may create databases
 * @property {string} appUrl owns nothing; what it may do is granted
 * @property {string} superUrl
 * @property {number} port
 * @property {number} pid
 * @property {string} clusterId another one for each new, empty database
 * @property {(options?: { now?: boolean }) => Promise<void>} stop `now` does not wait for a checkpoint
 * @property {Promise<{ code: number | null, signal: string | null, output: string }>} exited
 */

const quiet = {
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The application reports failed statements; the server's log would put message texts on disk.
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_checkpoints: 'off',
};

/** @param {string} dir */
function openLog(dir) {
  const path = join(dir, 'postgres.log');
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > 1_000_000) renameSync(path, `${path}.1`);
  const fd = openSync(path, 'a', 0o600);
  const from = fstatSync(fd).size;
  return { fd, sinceStart: () => readFileSync(path).subarray(from).toString('utf8').slice(-20_000) };
}

/** The longest path of a socket that every system accepts, in bytes: macOS allows 104 with the closing zero. */
const MAX_SOCKET_PATH = 103;

/**
 * Returns the directory for the server's Unix socket, or null if its path would be too long. A query through the socket
 * takes a fifth less time than one through TCP.
 * @param {string} home
 */
const socketDirectory = (home) =>
  process.platform !== 'win32' && Buffer.byteLength(join(home, '.s.PGSQL.65535')) <= MAX_SOCKET_PATH ? home : null;

/**
 * @param {{ socket: string | null, port: number }} server
 * @param {string} user @param {string} password @param {string} database
 */
function url({ socket, port }, user, password, database) {
  // Explicit, because PGSSLMODE in the environment could demand what this server does not offer.
  const query = new URLSearchParams({ sslmode: 'disable', ...(socket !== null && { host: socket }) });
  return `postgres://${user}:${password}@127.0.0.1:${port}/${database}?${query}`;
}

/** @param {string} connectionString */
async function connect(connectionString) {
  const client = new Client({ connectionString, connectionTimeoutMillis: 5000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/**
 * @param {{ dir: string, data: string, port: number, superUrl: string, settings: object,
 *   runner: import('./cluster.mjs').Runner, postgres: string, log: (line: string) => void }} how
 */
async function launch({ dir, data, port, superUrl, settings, runner, postgres, log }) {
  const output = openLog(dir);
  const own = { ...quiet, unix_socket_directories: socketDirectory(dir) ?? '' };
  const options = Object.entries({ ...own, ...settings }).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const child = spawnProgram(runner, postgres, ['-D', data, '-p', String(port), '-h', '127.0.0.1', ...options], {
    cwd: dir,
    stdio: ['ignore', output.fd, output.fd],
    detached: true,
  });
  closeSync(output.fd);
  /** @type {{ code: number | null, signal: string | null, output: string } | undefined} */
  let end;
  const exited = new Promise((done) => {
    child.once('error', (error) => done((end = { code: null, signal: null, output: error.message })));
    child.once('exit', (code, signal) => done((end = { code, signal, output: output.sinceStart() })));
  });
  const began = Date.now();
  for (let notices = 0; ; await sleep(20)) {
    // Another program on the port may accept a connection and never respond.
    const refused = await Promise.race([answers(superUrl, data), exited]);
    if (end) return { failed: end.output };
    if (refused === undefined) return { child, exited };
    if (refused === '28P01' && Date.now() - began > 3000) {
      child.kill('SIGINT');
      await exited;
      throw new Stop(`The passwords in ${join(dir, 'cluster.json')} do not match its database. Restore the file.`);
    }
    if (Date.now() - began > 5000 + notices * 30_000) {
      notices += 1;
      log('The database is still starting or recovering from a crash …');
    }
  }
}

/**
 * Returns undefined once the server of this directory answers, otherwise the reason why it does not.
 * @param {string} superUrl
 * @param {string} data
 */
async function answers(superUrl, data) {
  let client;
  try {
    client = await connect(superUrl);
    const { rows } = await client.query('show data_directory');
    return rows[0].data_directory === data ? undefined : 'another database answers';
  } catch (error) {
    return codeOf(error) ?? 'no answer';
  } finally {
    await client?.end().catch(() => {});
  }
}

/** @param {string} superUrl @param {import('./cluster.mjs').Cluster} cluster */
async function setUp(superUrl, { passwords }) {
  const client = await connect(superUrl);
  try {
    const roles = (await client.query(`select rolname, rolconfig from pg_roles where rolname like 'purser_%'`)).rows;
    const found = new Map(roles.map((row) => [row.rolname, row.rolconfig]));
    // Passwords are hexadecimal, so they need no quoting.
    if (!found.has('purser_owner')) {
      await client.query(`create role purser_owner login createdb password '${passwords.purser_owner}'`);
    }
    if (!found.has('purser_app')) await client.query(`create role purser_app login password '${passwords.purser_app}'`);
    if (!found.get('purser_app')?.length) {
      await client.query(`alter role purser_app set idle_in_transaction_session_timeout = '10s'`);
    }
    const databases = await client.query(`select 1 from pg_database where datname = 'purser'`);
    if (databases.rowCount === 0) await client.query('create database purser owner purser_owner');
  } finally {
    await client.end();
  }
}

/**
 * Tries ports until Postgres can listen on one, and waits for the children of a server that was just killed.
 * @param {Parameters<typeof launch>[0] & { wished?: number, fixed?: number, password: string }} how
 */
async function launchOnSomePort({ wished, fixed, password, ...how }) {
  let failed = '';
  const end = Date.now() + 15_000;
  do {
    const port = fixed ?? (await freePort(wished));
    const superUrl = url({ socket: socketDirectory(how.dir), port }, 'postgres', password, 'postgres');
    const started = await launch({ ...how, port, superUrl });
    if (!('failed' in started)) return { ...started, port, superUrl };
    failed = started.failed ?? '';
    const portTaken = /Address already in use|could not create any TCP\/IP sockets/i.test(failed);
    if (portTaken && fixed) {
      throw new Stop(
        `Port ${fixed} of 127.0.0.1 is in use, so the embedded Postgres cannot listen on it. Choose another.`,
      );
    }
    if (!portTaken && !/pre-existing shared memory block|lock file .* already exists/i.test(failed)) break;
    await sleep(200);
  } while (Date.now() < end);
  throw startFailure(failed, how.dir);
}

/** @param {string} dir @param {import('./cluster.mjs').Runner} runner */
function prepareDirectory(dir, runner) {
  makePrivateDirectory(dir);
  makePrivateDirectory(join(dir, 'postgres'));
  try {
    // `nobody` must be able to traverse the directory; without a read bit it still cannot list it.
    if (runner.uid) chmodSync(dir, 0o711);
    handOver(join(dir, 'postgres'), runner);
    return realpathSync(dir);
  } catch (error) {
    throw fromFileSystem(error, dir);
  }
}

/**
 * Starts the embedded Postgres of a data directory, creating it on the first call and cleaning up after a start that
 * died. Refuses while another living process runs it.
 * @param {Options} options
 * @returns {Promise<Postgres>}
 */
export async function startPostgres({ dir, port: fixed, settings = {}, log = () => {}, connection = {}, rootAs }) {
  const { fresh, release } = await takeOwnership(resolve(dir));
  try {
    const binaries = await loadBinaries();
    const runner = chooseRunner(binaries, rootAs);
    const base = prepareDirectory(resolve(dir), runner);
    const home = join(base, 'postgres');
    const data = join(home, 'data');
    const cluster = await openCluster({ dir: home, binaries, runner, sync: settings.fsync !== 'off', log });
    await settlePrevious(data, log);
    const how = { dir: home, data, settings, runner, postgres: binaries.postgres, log, port: 0, superUrl: '' };
    const password = cluster.passwords.postgres;
    const { child, exited, port, superUrl } = await launchOnSomePort({ ...how, password, wished: cluster.port, fixed });
    const stop = stopper({ child, exited, base });
    try {
      await setUp(superUrl, cluster);
      if (cluster.port !== port) writePrivateJson(join(home, 'cluster.json'), { ...cluster, port });
      const server = { socket: socketDirectory(home), port };
      const ownerUrl = url(server, 'purser_owner', cluster.passwords.purser_owner, 'purser');
      const appUrl = url(server, 'purser_app', cluster.passwords.purser_app, 'purser');
      writePrivateJson(join(base, 'connection.json'), { ownerUrl, appUrl, ...connection });
      await takeOwnership(base, { databasePort: port });
      const known = { ownerUrl, appUrl, superUrl, port, pid: child.pid ?? 0, clusterId: cluster.id };
      return { ...known, exited, stop: (how) => stop(how).then(release) };
    } catch (error) {
      await stop({ now: true });
      throw error;
    }
  } catch (error) {
    if (fresh) release();
    throw fromFileSystem(error, dir);
  }
}

/** @returns {Postgres['stop']} */
function stopper(/** @type {{ child: any, exited: Promise<any>, base: string }} */ how) {
  return async ({ now = false } = {}) => {
    const { child, exited, base } = how;
    if (child.exitCode === null && child.signalCode === null) {
      send(child.pid, now ? 'SIGQUIT' : 'SIGINT');
      if (!(await within(exited, now ? 5000 : 60_000))) send(child.pid, 'SIGKILL');
      await exited;
    }
    rmSync(join(base, 'connection.json'), { force: true });
  };
}
