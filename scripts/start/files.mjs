import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromFileSystem } from '../processes/stop.mjs';

/** The directory of package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Returns the directory of the embedded database, its secrets and the demo's key.
 * @returns {string}
 */
export function dataDirectory() {
  return resolve(root, process.env.PURSER_DATA_DIR || '.data');
}

/**
 * Creates a directory that only its owner may enter; explains failures.
 * @param {string} path
 */
export function makePrivateDirectory(path) {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw fromFileSystem(error, path);
  }
}

/**
 * Returns the parsed JSON of a file, or undefined if it is missing or truncated.
 * @param {string} path
 * @returns {any}
 */
export function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Writes JSON that only its owner may read. Writes atomically: a crash leaves the old or the new file.
 * @param {string} path
 * @param {unknown} value
 */
export function writePrivateJson(path, value) {
  const draft = `${path}.${process.pid}.new`;
  try {
    writeFileSync(draft, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600, flush: true });
    chmodSync(draft, 0o600);
    renameSync(draft, path);
  } catch (error) {
    throw fromFileSystem(error, dirname(path));
  }
}

/**
 * Returns the path of a program inside node_modules, to be run by this Node.
 * @param {...string} parts
 */
export function installed(...parts) {
  return join(root, 'node_modules', ...parts);
}
