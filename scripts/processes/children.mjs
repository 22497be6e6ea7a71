import { spawn } from 'node:child_process';
import { root } from '../start/files.mjs';
import { isSameAlive, identity, send, waitUntil, within } from './identity.mjs';
import { Stop } from './stop.mjs';

/** The exit code of a child with invalid settings, which is not restarted. */
const EXIT_CONFIG = 78;
const STEADY_MS = 10_000;
/**
 * The stop timeout, in milliseconds: a web process serves on for its grace period, then answers pending requests for at
 * most 10 s.
 */
const STOP_MS = 15_000 + 1_000 * (Number(process.env.SHUTDOWN_GRACE_SECONDS) || 0);
/** The longest restart delay, in milliseconds, because jobs wait while their worker is down. */
const MAX_DELAY_MS = 5_000;

/**
 * @typedef {object} Service
 * @property {string} name
 * @property {import('node:child_process').ChildProcess} [child]
 * @property {number} delay
 * @property {NodeJS.Timeout} [timer]
 */

/**
 * Manages the processes of the start script. Each has its own process group, so that Ctrl-C reaches only the script.
 */
export class Children {
  /** @type {Map<number, import('node:child_process').ChildProcess>} */
  #running = new Map();
  /** @type {Service[]} */
  #services = [];
  /** True while all processes are being stopped. */
  closing = false;
  #onChange;

  /** @param {(pids: { pid: number, started: string }[]) => void} [onChange] called with all running processes at each change */
  constructor(onChange = () => {}) {
    this.#onChange = onChange;
    process.once('exit', () => this.kill());
  }

  /**
   * @param {string[]} args
   * @param {Record<string, string | undefined>} env
   * @param {import('node:child_process').StdioOptions} stdio
   */
  #spawn(args, env, stdio) {
    if (this.closing) throw new Error('nothing is started while all is ended');
    const options = { cwd: root, env: { ...process.env, ...env }, stdio, detached: true };
    const child = spawn(process.execPath, args, options);
    const { pid } = child;
    if (pid !== undefined) {
      this.#running.set(pid, child);
      this.#changed();
      child.once('exit', () => {
        // Kills the rest of the child's group, such as a compiler or build workers.
        send(-pid, 'SIGKILL');
        this.#running.delete(pid);
        this.#changed();
      });
    }
    return child;
  }

  #changed() {
    this.#onChange([...this.#running.keys()].map(identity));
  }

  /**
   * Runs a Node program to its end.
   * @param {string[]} args
   * @param {Record<string, string | undefined>} [env]
   * @returns {Promise<{ code: number | string, stdout: string, output: string }>} `output` is stdout and stderr
   * together
   */
  run(args, env = {}) {
    const child = this.#spawn(args, env, ['ignore', 'pipe', 'pipe']);
    let [stdout, output] = ['', ''];
    child.stdout?.on('data', (part) => ((stdout += part), (output += part)));
    child.stderr?.on('data', (part) => (output += part));
    return new Promise((resolve) => {
      child.once('error', (error) => resolve({ code: error.message, stdout, output }));
      child.once('close', (code, signal) => resolve({ code: code ?? signal ?? 'unknown', stdout, output }));
    });
  }

  /**
   * Keeps a program running and restarts it when it exits, with a growing delay. Rejects when the program reports that
   * it cannot run, or when it exits too often.
   * @param {string} name
   * @param {string[]} args
   * @param {Record<string, string | undefined>} env
   * @param {(deaths: number) => boolean} [isHopeless]
   * @returns {Promise<never>}
   */
  keep(name, args, env, isHopeless = () => false) {
    /** @type {Service} */
    const service = { name, delay: 200 };
    this.#services.push(service);
    let deaths = 0;
    return new Promise((_, reject) => {
      const start = () => {
        const began = Date.now();
        const child = this.#spawn(args, env, ['ignore', 'inherit', 'inherit']);
        service.child = child;
        child.once('exit', (code, signal) => {
          if (this.closing) return;
          deaths += 1;
          if (code === EXIT_CONFIG || isHopeless(deaths)) return reject(new Ended(name));
          if (Date.now() - began > STEADY_MS) service.delay = 200;
          console.error(`The ${name} ended (${signal ?? `exit code ${code}`}). Restarting it in ${service.delay} ms.`);
          service.timer = setTimeout(start, service.delay);
          service.delay = Math.min(service.delay * 2, MAX_DELAY_MS);
        });
      };
      start();
    });
  }

  #close() {
    this.closing = true;
    for (const service of this.#services) clearTimeout(service.timer);
  }

  /** Stops all processes in parallel: asks them to end, waits, then kills them. */
  async stop() {
    this.#close();
    await Promise.all(
      [...this.#running.values()].map(async (child) => {
        const exited = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGTERM');
        if (!(await within(exited, STOP_MS)) && child.pid) {
          send(-child.pid, 'SIGKILL');
          await exited;
        }
      }),
    );
  }

  /** Kills all processes at once. */
  kill() {
    this.#close();
    for (const pid of this.#running.keys()) send(-pid, 'SIGKILL');
  }
}

/** Thrown when a child cannot run and has printed the reason. */
export class Ended extends Stop {
  /** @param {string} name */
  constructor(name) {
    super(`The ${name} cannot run. See its output above.`);
  }
}

/**
 * Stops processes left by an earlier start, if they are still the same processes.
 * @param {{ pid: number, started: string }[] | undefined} left
 */
export async function stopLeftOver(left) {
  const alive = (left ?? []).filter((one) => isSameAlive(one));
  if (alive.length === 0) return;
  console.error(`Stopping ${alive.length} processes left running by an earlier start.`);
  for (const { pid } of alive) send(pid, 'SIGTERM');
  const gone = () => alive.every((one) => !isSameAlive(one));
  if (await waitUntil(gone, STOP_MS)) return;
  for (const { pid } of alive) send(-pid, 'SIGKILL');
  await waitUntil(gone, 5_000);
}
