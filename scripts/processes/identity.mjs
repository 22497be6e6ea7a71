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
 * The state letter and start time of a process, as the system tells them.
 * @param {number} pid
 */
function look(pid) {
  if (!linux) return { state: ps(pid, 'state').charAt(0), started: ps(pid, 'lstart') };
  // The name stands in brackets and may itself hold spaces and brackets: count from the last one.
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (stat === '') return { state: '', started: '' };
  // Ticks count from boot: only together with the boot do they name one moment.
  return { state: fields[0], started: `${readOrEmpty('/proc/sys/kernel/random/boot_id').trim()}:${fields[19]}` };
}

/**
 * Whether a process runs; a zombie that nobody has reaped does not.
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
 * Whether exactly this process, not a later one with its pid, still runs.
 * @param {Partial<Identity> | undefined} who
 */
export function isSameAlive(who) {
  return who?.pid !== undefined && isAlive(who.pid) && look(who.pid).started === who.started;
}

/** @param {number} pid */
function parentOf(pid) {
  const stat = readOrEmpty(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}

/**
 * Calls back once the npm that runs this script is gone. It runs scripts through a shell, which passes no signal on: a
 * SIGTERM or SIGKILL for npm alone would otherwise leave everything running.
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
 * The words a process was started with; empty when it is gone or belongs to someone else.
 * @param {number} pid
 * @returns {string[]}
 */
export function commandLine(pid) {
  return linux ? readOrEmpty(`/proc/${pid}/cmdline`).split('\0').slice(0, -1) : ps(pid, 'command').split(' ');
}

/** @param {number} ms */
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/**
 * Sends a signal; a process that is gone already is no error.
 * @param {number} pid a negative one names a whole process group
 * @param {NodeJS.Signals} signal
 */
export function send(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone between looking and sending.
  }
}

/**
 * Waits until a process is gone.
 * @param {() => boolean} gone
 * @param {number} ms
 * @returns {Promise<boolean>} whether it is
 */
export async function waitUntil(gone, ms) {
  for (const end = Date.now() + ms; Date.now() < end; await sleep(20)) if (gone()) return true;
  return gone();
}

/**
 * Whether a promise settles in time. The waiting alone keeps no process alive.
 * @param {Promise<unknown>} promise
 * @param {number} ms
 * @returns {Promise<boolean>}
 */
export function within(promise, ms) {
  const late = new Promise((resolve) => setTimeout(resolve, ms, false).unref());
  return Promise.race([promise.then(() => true), late]);
}
