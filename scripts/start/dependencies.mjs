import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { installed, readJson, root } from './files.mjs';
import { withLock } from '../processes/lock.mjs';
import { Stop } from '../processes/stop.mjs';

/** Imports only Node's own modules, directly and indirectly, because it runs before anything is installed. */

const mark = installed('.purser-lock-hash');

function lockHash() {
  return createHash('sha256')
    .update(readFileSync(`${root}/package-lock.json`))
    .digest('hex');
}

/**
 * Returns whether npm's record of installed packages matches the lock file, as after a manual `npm ci`.
 * @param {boolean} dev
 */
function isInstalled(dev) {
  const wanted = readJson(`${root}/package-lock.json`)?.packages ?? {};
  const found = readJson(installed('.package-lock.json'))?.packages;
  if (!found) return false;
  return Object.entries(wanted).every(([path, { version, optional, dev: isDev, devOptional, peer }]) => {
    if (path === '' || found[path]?.version === version) return true;
    return found[path] === undefined && (optional || peer || ((isDev || devOptional) && !dev));
  });
}

/** @param {boolean} dev */
function areCurrent(dev) {
  if (dev && !existsSync(installed('vitest', 'package.json'))) return false;
  if (existsSync(mark) && readFileSync(mark, 'utf8').trim() === lockHash()) return true;
  if (!isInstalled(dev)) return false;
  writeMark();
  return true;
}

function writeMark() {
  try {
    writeFileSync(mark, `${lockHash()}\n`);
  } catch {
    // A read-only installation is checked again next time, which only takes a moment longer.
  }
}

/** @param {boolean} dev */
function npmCi(dev) {
  const args = ['ci', '--no-fund', '--no-audit', ...(dev ? ['--include=dev'] : [])];
  const cli = process.env.npm_execpath;
  // Under npm its program is known; under `node scripts/…` it is looked up in PATH.
  const viaNode = cli !== undefined && /npm-cli\.c?js$/.test(cli);
  const [command, words] = viaNode ? [process.execPath, [cli, ...args]] : ['npm', args];
  return new Promise((resolve, reject) => {
    // Output goes to stderr, because stdout may carry a command's result.
    const child = spawn(command, words, { cwd: root, stdio: ['ignore', 2, 2], shell: process.platform === 'win32' });
    const forward = (/** @type {NodeJS.Signals} */ signal) => child.kill(signal);
    const signals = /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']);
    for (const signal of signals) process.on(signal, forward);
    child.once('error', () => reject(new Stop('npm was not found: install Node together with npm, then run npm ci.')));
    child.once('close', (code, signal) => {
      for (const name of signals) process.off(name, forward);
      if (code === 0) resolve(undefined);
      else reject(new Stop(`npm ci did not finish (${signal ?? `exit code ${code}`}); its output above says why.`));
    });
  });
}

/**
 * Installs the packages of package-lock.json if they are missing or the file has changed.
 * @param {{ dev?: boolean }} [options] `dev`: with what the tests need
 */
export async function ensureDependencies({ dev = false } = {}) {
  if (areCurrent(dev)) return;
  await withLock('install', async () => {
    if (areCurrent(dev)) return;
    console.error('Installing dependencies …');
    await npmCi(dev);
    writeMark();
  });
}
