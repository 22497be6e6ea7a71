import './start/node-version.mjs';

/** Runs `npm run purser -- …`: the operator's command line, on DATABASE_URL or the running embedded database. */

const { explain, Stop } = await import('./processes/stop.mjs');

/** @returns {Promise<Record<string, string>>} */
async function environment() {
  if (process.env.DATABASE_URL) return {};
  const { dataDirectory, readJson } = await import('./start/files.mjs');
  const { isListening } = await import('./processes/ports.mjs');
  const { embeddedEnvironment } = await import('./start/settings.mjs');
  const dir = dataDirectory();
  const connection = readJson(`${dir}/connection.json`);
  if (!connection || !(await isListening(Number(new URL(connection.appUrl).port)))) {
    throw new Stop('No embedded database is running. Start it with npm start, or set DATABASE_URL.');
  }
  return embeddedEnvironment(dir, connection);
}

/** @param {Record<string, string>} env @returns {Promise<number>} */
async function command(env) {
  const { spawn } = await import('node:child_process');
  const { constants } = await import('node:os');
  const { root } = await import('./start/files.mjs');
  const { argumentsFor } = await import('./start/build.mjs');
  const words = [...argumentsFor('cli/main.ts'), ...process.argv.slice(2)];
  // The command runs in the checkout, but relative paths are resolved against the caller's directory.
  const whole = { INIT_CWD: process.cwd(), ...process.env, ...env };
  const child = spawn(process.execPath, words, { cwd: root, stdio: 'inherit', env: whole });
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP', 'SIGINT'])) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to both processes itself.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies();
  process.exit(await command(await environment()));
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
