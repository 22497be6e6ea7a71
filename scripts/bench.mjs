import './start/node-version.mjs';

/**
 * Runs the measurements of docs/benchmarks.md (`npm run bench [seconds]`), each beside its peer, on a database of its own.
 * `npm run bench ledger 10` runs one of them; `npm run bench:log` (`LOG_ROWS`, ten million by default) runs only when it is named.
 */

const { explain } = await import('./processes/stop.mjs');
const names = ['round-trips', 'ledger', 'http', 'scale', 'pages', 'live', 'sign-in'];
const words = process.argv.slice(2);
const chosen = [...names, 'log'].filter((name) => words.includes(name));
/** The settings of a server with ten million rows. */
const forLog = {
  shared_buffers: '1GB',
  max_wal_size: '8GB',
  maintenance_work_mem: '512MB',
  effective_cache_size: '4GB',
};
const seconds = words.find((word) => /^[0-9]+$/.test(word)) ?? '6';

/** @param {string[]} args @param {Record<string, string>} env */
async function child(args, env, stdio = /** @type {const} */ ('inherit')) {
  const { spawn } = await import('node:child_process');
  const { root } = await import('./start/files.mjs');
  return spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: root, stdio, env: { ...process.env, ...env } });
}

/** @param {import('node:child_process').ChildProcess} running */
async function success(running) {
  const { once } = await import('node:events');
  const [code] = await once(running, 'exit');
  if (code !== 0) throw new Error(`A measurement ended with exit code ${code}.`);
}

try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies();
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const path = await import('node:path');
  const { ensureBuild } = await import('./start/build.mjs');
  const { Children } = await import('./processes/children.mjs');
  const { freePort } = await import('./processes/ports.mjs');
  const { startPostgres } = await import('./embedded-postgres/postgres.mjs');
  await ensureBuild(new Children());
  const dir = mkdtempSync(path.join(tmpdir(), 'purser-bench-'));
  const large = chosen.includes('log');
  const starting = startPostgres({
    dir,
    settings: { max_connections: 200, ...(large ? forLog : { shared_buffers: '256MB' }) },
  });
  /** @type {import('node:child_process').ChildProcess[]} */
  const running = [];
  const stop = async (how = {}) => {
    for (const one of running) one.kill('SIGTERM');
    await starting.then((postgres) => postgres.stop(how)).catch(() => {});
    rmSync(dir, { recursive: true, force: true });
  };
  // An interrupted run drops its database too.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => void stop({ now: true }).finally(() => process.exit(130)));
  }
  const postgres = await starting;
  const [port, nextPort] = [await freePort(), await freePort()];
  const env = {
    DATABASE_URL: postgres.appUrl,
    DATABASE_OWNER_URL: postgres.ownerUrl,
    DATABASE_POOL_SIZE: '16',
    PURSER_SECRET: 'bench-only-Zk3v9QmX7rT2yLw8pHs4Jd6',
    PURSER_DEMO: '0',
    ALLOW_HTTP: '1',
    CARRIER: 'sandbox',
    RATE_LIMIT: '1000000',
    NODE_ENV: 'production',
    PORT: String(port),
    BENCH_URL: `http://127.0.0.1:${port}`,
    // The same server, passing the API on to Next.
    BENCH_NEXT_URL: `http://127.0.0.1:${nextPort}`,
    BENCH_WEB_PID: '',
  };
  const serve = async () => {
    if (env.BENCH_WEB_PID !== '') return;
    const through = { ...env, PORT: String(nextPort), API_FRONT: '0' };
    const web = await child(['server/web.ts'], env, 'ignore');
    env.BENCH_WEB_PID = String(web.pid);
    running.push(web, await child(['server/web.ts'], through, 'ignore'));
    for (const url of [env.BENCH_URL, env.BENCH_NEXT_URL]) {
      for (let i = 0; i < 400 && !(await fetch(`${url}/api/health`).catch(() => undefined)); i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  try {
    await success(await child(['scripts/start/prepare.ts'], env));
    for (const name of chosen.length > 0 ? chosen : names) {
      if (['http', 'pages', 'live', 'log'].includes(name)) await serve();
      const measuring = await child([`bench/${name}.ts`, seconds], env);
      running.push(measuring);
      await success(measuring);
    }
  } finally {
    await stop();
  }
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
