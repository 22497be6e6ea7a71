import './start/node-version.mjs';

/** Runs `npm start`: installs, builds, migrates and seeds where needed, then runs everything until Ctrl-C. */

const { explain } = await import('./processes/stop.mjs');
try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies();
  const { start } = await import('./start/run.mjs');
  await start();
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
