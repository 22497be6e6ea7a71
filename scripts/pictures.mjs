import './start/node-version.mjs';

/** Runs `node scripts/pictures.mjs`: takes the screenshots of docs/pictures from a fresh demo. */

const { explain } = await import('./processes/stop.mjs');
try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  await ensureDependencies({ dev: true });
  const { once } = await import('node:events');
  const { spawn } = await import('node:child_process');
  const { root } = await import('./start/files.mjs');
  const running = spawn(process.execPath, ['--import', 'tsx', 'e2e/pictures.ts'], { cwd: root, stdio: 'inherit' });
  const [code] = await once(running, 'exit');
  process.exitCode = code ?? 1;
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
