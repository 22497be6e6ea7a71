import './lib/node-version.mjs';

/** `npm run dev`: as `npm start`, with Next's development server instead of a build. */

const { explain } = await import('./lib/stop.mjs');
try {
  const { ensureDependencies } = await import('./lib/dependencies.mjs');
  await ensureDependencies({ dev: true });
  const { start } = await import('./lib/run.mjs');
  await start({ dev: true });
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
