import './lib/node-version.mjs';

/**
 * `npm run bench [seconds]`: the measurements of docs/benchmarks.md, each beside its peer in one run, on a database of its own.
 * `npm run bench ledger 10` runs one of them.
 */

const { explain } = await import('./lib/stop.mjs');
const names = ['round-trips', 'ledger', 'http', 'scale', 'pages', 'live'];
const words = process.argv.slice(2);
const chosen = names.filter((name) => words.includes(name));
const seconds = words.find((word) => /^[0-9]+$/.test(word)) ?? '6';

/** @param {string[]} args @param {Record<string, string>} env */
async function child(args, env, stdio = /** @type {const} */ ('inherit')) {
  const { spawn } = await import('node:child_process');
  const { root } = await import('./lib/files.mjs');
  return spawn(process.execPath, ['--import', 'tsx', ...args], { cwd: root, stdio, env: { ...process.env, ...env } });
}

/** @param {import('node:child_process').ChildProcess} running */
async function success(running) {
  const { once } = await import('node:events');
  const [code] = await once(running, 'exit');
  if (code !== 0) throw new Error(`A measurement ended with exit code ${code}.`);
}

try {
  const { ensureDependencies } = await import('./lib/dependencies.mjs');
  await ensureDependencies();
  const { mkdtempSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const path = await import('node:path');
  const { ensureBuild } = await import('./lib/build.mjs');
  const { Children } = await import('./lib/children.mjs');
  const { freePort } = await import('./lib/ports.mjs');
  const { startPostgres } = await import('./lib/postgres.mjs');
  const dir = mkdtempSync(path.join(tmpdir(), 'purser-bench-'));
  await ensureBuild(new Children());
  const postgres = await startPostgres({ dir, settings: { max_connections: 200, shared_buffers: '256MB' } });
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
    // The same server, which hands the API to Next.
    BENCH_NEXT_URL: `http://127.0.0.1:${nextPort}`,
  };
  const stop = async () => {
    for (const one of web) one.kill('SIGTERM');
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  /** @type {import('node:child_process').ChildProcess[]} */
  const web = [];
  const serve = async () => {
    if (web.length > 0) return;
    const through = { ...env, PORT: String(nextPort), API_FRONT: '0' };
    web.push(await child(['server/web.ts'], env, 'ignore'), await child(['server/web.ts'], through, 'ignore'));
    for (const url of [env.BENCH_URL, env.BENCH_NEXT_URL]) {
      for (let i = 0; i < 400 && !(await fetch(`${url}/api/health`).catch(() => undefined)); i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
  };
  try {
    await success(await child(['scripts/lib/prepare.ts'], env));
    for (const name of chosen.length > 0 ? chosen : names) {
      if (['http', 'pages', 'live'].includes(name)) await serve();
      const pid = { BENCH_WEB_PID: String(web[0]?.pid ?? '') };
      await success(await child([`bench/${name}.ts`, seconds], { ...env, ...pid }));
    }
  } finally {
    await stop();
  }
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
