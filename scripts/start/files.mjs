import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fromFileSystem } from '../processes/stop.mjs';

/** The directory that holds package.json. */
export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

/**
 * Where the embedded database, its secrets and the demo's key live.
 * @returns {string}
 */
export function dataDirectory() {
  return resolve(root, process.env.PURSER_DATA_DIR || '.data');
}

/**
 * Makes a directory that only its owner may enter; refusals are explained.
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
 * The parsed JSON of a file, or undefined when it is absent or was cut short.
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
 * Writes JSON that only its owner may read; a crash leaves the old file or the new one, never a part.
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
 * A program inside node_modules, to be run by this very Node.
 * @param {...string} parts
 */
export function installed(...parts) {
  return join(root, 'node_modules', ...parts);
}
