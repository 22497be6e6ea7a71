import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { codeOf } from './stop.mjs';

/**
 * @typedef {{ pid: number, started: string }} Identity a pid alone may be reused; with its start it is one process
 */

const linux = process.platform === 'linux';

/** @param {string} path */
function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/**
 * @param {number} pid
 * @param {string} field
 */
function ps(pid, field) {
  try {
    return execFileSync('ps', ['-o', `${field}=`, '-p', String(pid)], { encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    return '';
  }
}

/**
 * Returns the state letter and the start time of a process, as the system reports them.
 * @param {number} pid
 */
function look(pid) {
  if (!linux) return { state: ps(pid, 'state').charAt(0), started: ps(pid, 'lstart') };
  // The name is in parentheses and may contain spaces and parentheses, so fields are counted from the last one.
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '') return { state: '', started: '' };
  // Ticks count from boot, so they identify a moment only together with the boot id.
  return { state: fields[0], started: `${readOrEmpty('/proc/sys/kernel/random/boot_id').trim()}:${fields[19]}` };
}

/**
 * Returns whether a process runs; a zombie does not.
 * @param {number} pid
 */
export function isAlive(pid) {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) !== 'EPERM') return false;
  }
  return look(pid).state !== 'Z';
}

/**
 * @param {number} pid
 * @returns {Identity}
 */
export function identity(pid) {
  return { pid, started: look(pid).started };
}

/**
 * Returns whether exactly this process, not a later one with the same pid, still runs.
 * @param {Partial<Identity> | undefined} expected
 */
export function isSameAlive(expected) {
  return expected?.pid !== undefined && isAlive(expected.pid) && look(expected.pid).started === expected.started;
}

/** @param {number} pid */
function parentOf(pid) {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/**
 * Calls back once the npm that runs this script has ended. npm runs scripts through a shell that forwards no signal, so
 * a SIGTERM or SIGKILL for npm alone would leave everything running.
 * @param {() => void} gone
 */
export function whenNpmEnds(gone) {
  if (!process.env.npm_lifecycle_event) return;
  const shell = process.ppid;
  const npm = linux && commandLine(shell)[1] === '-c' ? parentOf(shell) : undefined;
  const timer = setInterval(() => {
    if (process.ppid === shell && (npm === undefined || parentOf(shell) === npm)) return;
    clearInterval(timer);
    gone();
  }, 300);
  timer.unref();
}

/**
 * Returns the arguments a process was started with; empty when it has ended or belongs to another user.
 * @param {number} pid
 * @returns {string[]}
 */
export function commandLine(pid) {
  return linux ? readOrEmpty(`/proc/${pid}/cmdline`).split('\0').slice(0, -1) : ps(pid, 'command').split(' ');
}

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a signal; ignores a process that has already ended.
 * @param {number} pid a negative one names a whole process group
 * @param {NodeJS.Signals} signal
 */
export function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // The process ended before the signal was sent.
  }
}

/**
 * Waits until a process has ended.
 * @param {() => boolean} gone
 * @param {number} ms
 * @returns {Promise<boolean>} whether it has ended
 */
export async function waitUntil(gone, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (gone()) return true;
  return gone();
}

/**
 * Returns whether a promise settles in time. The timer does not keep the process alive.
 * @param {Promise<unknown>} promise
 * @param {number} ms
 * @returns {Promise<boolean>}
 */
export function within(promise, ms) {
  const late = new Promise((resolve) => setTimeout(resolve, ms, false).unref());
  return Promise.race([promise.then(() => true), late]);
}
