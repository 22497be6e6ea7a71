import './start/node-version.mjs';

/**
 * `npm test`: all that must hold of this checkout. `npm run verify` (`--fast`) leaves out the proofs and the browser.
 * Each check and each test counts as one; the last line is `N passed, N failed`.
 */

const { explain } = await import('./processes/stop.mjs');
try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies({ dev: true });
  const { runAll } = await import('./checks.mjs');
  process.exit(await runAll({ fast: process.argv.includes('--fast') }));
} catch (error) {
  console.error(explain(error));
  console.log('0 passed, 1 failed');
  process.exit(1);
}
