import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Client } from 'pg';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { chooseRunner, loadBinaries } from '@/scripts/embedded-postgres/cluster.mjs';
import { isAlive } from '@/scripts/processes/identity.mjs';
import { startPostgres } from '@/scripts/embedded-postgres/postgres.mjs';

const settings = { fsync: 'off' };
const running: ChildProcess[] = [];
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'purser-embedded-'));
});

afterEach(async () => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
  // A Postgres that a test left running is stopped by the product's own code.
  if (existsSync(pidFile())) {
    const last = await startPostgres({ dir, settings }).catch(() => undefined);
    await last?.stop({ now: true });
  }
  rmSync(dir, { recursive: true, force: true });
});

type Started = { pid: number; port: number; appUrl: string; ownerUrl: string; error?: string };

/** Starts the database in a process of its own, which can be killed. */
async function startElsewhere(port?: number): Promise<Started & { child: ChildProcess }> {
  const args = ['tests/support/embedded.mjs', dir, ...(port ? [String(port)] : [])];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  running.push(child);
  const [line] = await once(child.stdout, 'data');
  const started: Started = JSON.parse(String(line));
  return { child, ...started };
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

const kill = async (child: ChildProcess) => {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

const pidFile = () => join(dir, 'postgres/data/postmaster.pid');

test.each([
  ['its Unix socket', '', null],
  ['TCP where the path of a socket would be too long', 'x'.repeat(100), '127.0.0.1'],
])('is reached through %s', async (_, below, address) => {
  const postgres = await startPostgres({ dir: join(dir, below), settings });
  try {
    for (const url of [postgres.ownerUrl, postgres.appUrl, postgres.superUrl])
      expect(await query(url, 'SELECT host(inet_server_addr()) AS address')).toEqual([{ address }]);
  } finally {
    await postgres.stop({ now: true });
  }
});

test('is created, stopped cleanly, and restarted quickly with its data', async () => {
  const first = await startPostgres({ dir, settings });
  await query(first.ownerUrl, `CREATE TABLE kept AS SELECT 7 AS n`);
  expect(statSync(join(dir, 'connection.json')).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'postgres/cluster.json')).mode & 0o777).toBe(0o600);
  const { ownerUrl, appUrl } = first;
  expect(JSON.parse(readFileSync(join(dir, 'connection.json'), 'utf8'))).toEqual({ ownerUrl, appUrl });
  await first.stop();
  expect([existsSync(join(dir, 'connection.json')), existsSync(pidFile()), isAlive(first.pid)]).toEqual([
    false,
    false,
    false,
  ]);
  const began = Date.now();
  const again = await startPostgres({ dir, settings });
  expect(Date.now() - began).toBeLessThan(3000);
  expect([again.port, again.clusterId]).toEqual([first.port, first.clusterId]);
  expect(await query(again.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  await again.stop();
});

test('gives the application a role that owns nothing and cannot hold a transaction open', async () => {
  const postgres = await startPostgres({ dir, settings });
  const roles = await query(
    postgres.superUrl,
    `SELECT rolname, rolsuper, rolcreatedb, rolcreaterole FROM pg_roles WHERE rolname LIKE 'purser_%' ORDER BY 1`,
  );
  expect(roles).toEqual([
    { rolname: 'purser_app', rolsuper: false, rolcreatedb: false, rolcreaterole: false },
    { rolname: 'purser_owner', rolsuper: false, rolcreatedb: true, rolcreaterole: false },
  ]);
  expect(await query(postgres.appUrl, 'SHOW idle_in_transaction_session_timeout')).toEqual([
    { idle_in_transaction_session_timeout: '10s' },
  ]);
  await expect(query(postgres.appUrl, 'CREATE TABLE mine (a int)')).rejects.toThrow('permission denied');
  const wrong = postgres.appUrl.replace(/:[0-9a-f]+@/, ':wrong@');
  await expect(query(wrong, 'SELECT 1')).rejects.toThrow('password authentication failed');
  await postgres.stop();
});

test('is taken over from a start that was killed', async () => {
  const lost = await startElsewhere();
  await query(lost.ownerUrl, `CREATE TABLE kept AS SELECT 7 AS n`);
  await kill(lost.child);
  expect(isAlive(lost.pid)).toBe(true);
  const postgres = await startPostgres({ dir, settings });
  expect(isAlive(lost.pid)).toBe(false);
  expect(await query(postgres.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  await postgres.stop();
});

test('recovers when the server was killed, and when its owner was killed too', async () => {
  const first = await startPostgres({ dir, settings });
  await query(first.ownerUrl, `CREATE TABLE kept AS SELECT 7 AS n`);
  process.kill(first.pid, 'SIGKILL');
  expect(await first.exited).toMatchObject({ signal: 'SIGKILL' });
  const second = await startPostgres({ dir, settings, port: first.port });
  expect(await query(second.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  await second.stop();
  const lost = await startElsewhere();
  process.kill(lost.pid, 'SIGKILL');
  await kill(lost.child);
  const third = await startPostgres({ dir, settings });
  expect(await query(third.ownerUrl, 'SELECT n FROM kept')).toEqual([{ n: 7 }]);
  await third.stop();
});

test('starts afresh when its creation was interrupted, and moves foreign files aside', async () => {
  mkdirSync(join(dir, 'postgres/data.new/base'), { recursive: true });
  writeFileSync(join(dir, 'postgres/data.new/PG_VERSION'), '17\n');
  mkdirSync(join(dir, 'postgres/data'));
  writeFileSync(join(dir, 'postgres/data/somebody.txt'), 'mine');
  const postgres = await startPostgres({ dir, settings });
  expect(await query(postgres.appUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  const names = readdirSync(join(dir, 'postgres'));
  expect(names).not.toContain('data.new');
  const aside = names.find((name) => name.startsWith('data.incomplete-')) ?? '';
  expect(readFileSync(join(dir, 'postgres', aside, 'somebody.txt'), 'utf8')).toBe('mine');
  await postgres.stop();
});

test('starts despite a pid file and a lock whose pids now belong to another process', async () => {
  const first = await startElsewhere();
  const owner = readFileSync(join(dir, 'owner.json'), 'utf8');
  const lines = readFileSync(pidFile(), 'utf8').split('\n');
  process.kill(first.pid, 'SIGKILL');
  await kill(first.child);
  const stranger = spawn('sleep', ['60']);
  running.push(stranger);
  writeFileSync(pidFile(), [stranger.pid, ...lines.slice(1)].join('\n'));
  writeFileSync(join(dir, 'owner.json'), JSON.stringify({ ...JSON.parse(owner), pid: stranger.pid }));
  const postgres = await startPostgres({ dir, settings });
  expect(await query(postgres.appUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  expect(isAlive(stranger.pid ?? 0)).toBe(true);
  await postgres.stop();
});

test('takes another port when the last one is taken, and reports a given port that is taken', async () => {
  const first = await startPostgres({ dir, settings });
  await first.stop();
  const occupant = createServer().listen(first.port, '127.0.0.1');
  await once(occupant, 'listening');
  const second = await startPostgres({ dir, settings });
  expect(second.port).not.toBe(first.port);
  expect(await query(second.appUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
  await second.stop();
  await expect(startPostgres({ dir, settings, port: first.port })).rejects.toThrow(
    `Port ${first.port} of 127.0.0.1 is in use`,
  );
  occupant.close();
});

test('refuses a second start, which names the first and leaves it running', async () => {
  const [first, second] = await Promise.all([startElsewhere(), startElsewhere()]);
  const [winner, loser] = first.error ? [second, first] : [first, second];
  expect(winner.error).toBeUndefined();
  expect(loser.error).toContain(`process ${winner.child.pid}`);
  const third = await startElsewhere();
  expect(third.error).toContain(`its database on port ${winner.port}`);
  expect(third.error).toContain('PURSER_DATA_DIR');
  expect(await query(winner.appUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
});

test('names in one sentence what is missing', async () => {
  await expect(loadBinaries('win32-x64')).rejects.toThrow(
    'There is no embedded Postgres for win32-x64. Set DATABASE_URL',
  );
  await expect(loadBinaries('darwin-arm64')).rejects.toThrow(/not installed|DATABASE_URL/);
  const file = join(dir, 'file');
  writeFileSync(file, '');
  await expect(startPostgres({ dir: file, settings })).rejects.toThrow('is not a directory');
});

/** Returns true when any user of the machine can enter every directory above a file. */
function isReachable(file: string): boolean {
  for (let at = dirname(file); at !== dirname(at); at = dirname(at))
    if ((statSync(at).mode & 0o001) === 0) return false;
  return true;
}

test.runIf(process.getuid?.() === 0)(
  'runs as an unprivileged user where root cannot create user namespaces',
  async () => {
    const binaries = await loadBinaries();
    // No other user can reach a checkout in a private directory; the error then says what to do.
    if (!isReachable(binaries.postgres)) {
      expect(() => chooseRunner(binaries, 'nobody')).toThrow('Run Purser as a normal user');
      return;
    }
    expect(chooseRunner(binaries, 'nobody').uid).not.toBe(0);
    const first = await startPostgres({ dir, settings, rootAs: 'nobody' });
    expect(statSync(join(dir, 'postgres/data')).uid).not.toBe(0);
    await first.stop();
    const second = await startPostgres({ dir, settings });
    expect(await query(second.appUrl, 'SELECT 1 AS n')).toEqual([{ n: 1 }]);
    await second.stop();
  },
);
