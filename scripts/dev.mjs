import './start/node-version.mjs';

/** Runs `npm run dev`: like `npm start`, with Next's development server instead of a build. */

const { explain } = await import('./processes/stop.mjs');
try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies({ dev: true });
  const { start } = await import('./start/run.mjs');
  await start({ dev: true });
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
