import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { argumentsFor, ensureBuild } from './build.mjs';
import { Children, stopLeftOver } from '../processes/children.mjs';
import { dataDirectory, readJson, root, writePrivateJson } from './files.mjs';
import { takeOwnership } from '../embedded-postgres/ownership.mjs';
import { portRefusal } from '../processes/ports.mjs';
import { startPostgres } from '../embedded-postgres/postgres.mjs';
import { sleep, whenNpmEnds } from '../processes/identity.mjs';
import { embeddedEnvironment, listenAddress, localUrl, wantsDemo } from './settings.mjs';
import { explain, Stop } from '../processes/stop.mjs';

const log = (/** @type {string} */ line) => console.error(line);

/** One run of everything, from the database to the printed URL, and its shutdown. */
class Run {
  #dir = dataDirectory();
  #external = Boolean(process.env.DATABASE_URL);
  #demo = !this.#external && wantsDemo();
  #address = listenAddress();
  #dev;
  #children;
  #stopping = false;
  #ready = false;
  /** @type {Promise<import('../embedded-postgres/postgres.mjs').Postgres> | undefined} */
  #database;
  /** @type {(() => void) | undefined} */
  #release;

  /** @param {{ dev: boolean }} options */
  constructor({ dev }) {
    this.#dev = dev;
    // Many starts may share an operator's own database; a data directory has a single one.
    this.#children = new Children(this.#external ? undefined : (pids) => this.#note(pids));
  }

  /** @param {string} file */
  #program(file) {
    return this.#dev ? ['--import', 'tsx', file] : argumentsFor(file);
  }

  /** @param {{ pid: number, started: string }[]} pids */
  #note(pids) {
    const file = join(this.#dir, 'processes.json');
    if (pids.length === 0) rmSync(file, { force: true });
    else if (existsSync(this.#dir)) writePrivateJson(file, pids);
  }

  /** Starts everything, prints the URL, and runs until something cannot go on: then it rejects. */
  async bringUp() {
    if (!this.#external) await this.#takeDataDirectory();
    await demandPort(this.#address);
    const building = this.#dev ? Promise.resolve() : ensureBuild(this.#children);
    // Awaited below; an error of the database may come first.
    building.catch(() => {});
    const env = await this.#environment();
    const prepared = await this.#children.run(this.#program('scripts/start/prepare.ts'), env);
    process.stderr.write(prepared.output);
    if (prepared.code !== 0) throw new Stop('');
    const demo = this.#demo ? await this.#seed(env) : undefined;
    const setup = demo ? null : await this.#setupUrl(env);
    await building;
    const ended = this.#serve(env);
    ended.catch(() => {});
    await Promise.race([this.#becomeReady(), ended]);
    this.#ready = true;
    announce(localUrl(this.#address), demo, setup);
    return ended;
  }

  async #takeDataDirectory() {
    this.#release = (await takeOwnership(this.#dir, { port: this.#address.port })).release;
    await stopLeftOver(readJson(join(this.#dir, 'processes.json')));
  }

  /** @returns {Promise<Record<string, string>>} */
  async #environment() {
    const common = { NEXT_TELEMETRY_DISABLED: '1', NODE_ENV: this.#dev ? 'development' : 'production' };
    if (this.#external) return { ...common, PURSER_DEMO: '0' };
    const database = await this.#startDatabase();
    void this.#keepDatabase(database);
    return { ...common, ...embeddedEnvironment(this.#dir, { ...database, demo: this.#demo }) };
  }

  /** @param {number} [port] */
  #startDatabase(port) {
    this.#database = startPostgres({ dir: this.#dir, port, log, connection: { demo: this.#demo } });
    return this.#database;
  }

  /** @param {import('../embedded-postgres/postgres.mjs').Postgres} database */
  async #keepDatabase(database) {
    for (let running = database; ;) {
      const { code, signal } = await running.exited;
      if (this.#stopping) return;
      console.error(`The database ended (${signal ?? `exit code ${code}`}). Restarting it.`);
      for (let delay = 200; ; delay = Math.min(delay * 2, 30_000)) {
        try {
          // Web and worker only know the old port.
          running = await this.#startDatabase(running.port);
          break;
        } catch (error) {
          if (this.#stopping) return;
          console.error(explain(error));
          await sleep(delay);
          if (this.#stopping) return;
        }
      }
    }
  }

  /** @param {Record<string, string>} env */
  async #seed(env) {
    const file = join(this.#dir, 'demo.json');
    const cluster = (await this.#database)?.clusterId;
    const known = readJson(file);
    if (known?.apiKey && known.password && known.cluster === cluster) return known;
    const { code, stdout, output } = await this.#children.run(this.#program('cli/demo.ts'), env);
    if (code !== 0) {
      process.stderr.write(output);
      throw new Stop(`The demo data could not be created (exit code ${code}).`);
    }
    const created = { ...JSON.parse(stdout.trim().split('\n').at(-1) ?? ''), cluster };
    writePrivateJson(file, created);
    return created;
  }

  /**
   * Returns the URL to create the first team; null if a team exists.
   * @param {Record<string, string>} env
   * @returns {Promise<string | null>}
   */
  async #setupUrl(env) {
    const { code, stdout, output } = await this.#children.run(
      [...this.#program('cli/main.ts'), 'setup', '--json'],
      env,
    );
    if (code === 0) return JSON.parse(stdout).url;
    process.stderr.write(output);
    throw new Stop(`Checking for an existing team failed (exit code ${code}).`);
  }

  /** @param {Record<string, string>} env */
  #serve(env) {
    const web = [...this.#program('server/web.ts'), ...(this.#dev ? ['--dev'] : [])];
    const isHopeless = (/** @type {number} */ deaths) => !this.#ready && deaths >= 3;
    return Promise.race([
      this.#children.keep('web server', web, env, isHopeless),
      this.#children.keep('worker', this.#program('server/jobs/main.ts'), env),
    ]);
  }

  async #becomeReady() {
    const { host, port } = this.#address;
    const probe = host === '0.0.0.0' ? '127.0.0.1' : host === '::' ? '[::1]' : host.includes(':') ? `[${host}]` : host;
    let reason = 'it does not answer';
    for (const end = Date.now() + 120_000; Date.now() < end && !this.#stopping; await sleep(50)) {
      try {
        const answer = await fetch(`http://${probe}:${port}/api/ready`, { signal: AbortSignal.timeout(30_000) });
        if (answer.ok) return;
        reason = (await answer.text()).slice(0, 500);
      } catch {
        // The server is not listening yet.
      }
    }
    throw new Stop(`Purser did not become ready: ${reason}.`);
  }

  /** Stops the services first, then the database they use. A concurrent start waits for it. */
  async stop() {
    this.#stopping = true;
    if (this.#release) await takeOwnership(this.#dir, { ending: true });
    await this.#children.stop();
    await (await this.#database?.catch(() => undefined))?.stop();
    this.#release?.();
  }

  /** Stops everything without waiting. */
  async force() {
    this.#stopping = true;
    this.#children.kill();
    const late = sleep(6000).then(() => undefined);
    await (await Promise.race([this.#database?.catch(() => undefined), late]))?.stop({ now: true });
    this.#release?.();
  }
}

/** @param {{ host: string, port: number }} address */
async function demandPort({ host, port }) {
  const refusal = await portRefusal(port, host);
  if (refusal === undefined) return;
  if (refusal === 'EADDRINUSE') {
    throw new Stop(
      `Port ${port} is in use by another program. Set PORT to a free one, for example PORT=${port + 1} npm start.`,
    );
  }
  if (refusal === 'EACCES') throw new Stop(`Port ${port} is not allowed for this user. Set PORT to one above 1023.`);
  throw new Stop(`Cannot listen on HOST ${host} (${refusal}). Set HOST to an address of this machine.`);
}

/**
 * @param {string} url
 * @param {{ apiKey: string, email: string, password: string } | undefined} demo
 * @param {string | null} setup
 */
function announce(url, demo, setup) {
  if (!demo) {
    const first = setup ? `Set up the first team here (the link works until a team exists):\n  ${setup}\n\n` : '';
    console.log(
      `\nPurser is ready at ${url}\n\n${first}Create a team with: npm run purser -- team create --help\nPress Ctrl-C to stop.\n`,
    );
    return;
  }
  const authorization = `-H 'Authorization: Bearer ${demo.apiKey}'`;
  const body = `-d '{"to":"+14155550100","from":"Purser","body":"Hello"}'`;
  const fields = `-H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)"`;
  console.log(`
Purser is ready at ${url} (demo: messages go to a sandbox)

Sign in as the demo's owner:
  ${demo.email}
  ${demo.password}

The owner's API key:
  ${demo.apiKey}

Send a message:
  curl ${url}/api/v1/messages ${authorization} ${fields} ${body}

Check the balance:
  curl ${url}/api/v1/me ${authorization}

Press Ctrl-C to stop.
`);
}

/** @param {Run} run */
function untilSignal(run) {
  return new Promise((resolve) => {
    let since = 0;
    const listener = (/** @type {NodeJS.Signals} */ signal) => {
      if (since === 0) {
        since = Date.now();
        resolve(signal);
        return;
      }
      // npm repeats the terminal's signal, so only a later one is a second Ctrl-C by the user.
      if (signal !== 'SIGINT' || Date.now() - since < 1000) return;
      console.error('Stopping now.');
      void run.force().finally(() => process.exit(130));
    };
    for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, listener);
    whenNpmEnds(() => listener('SIGTERM'));
  });
}

/**
 * Starts everything, prints its URL, and stops it on a signal. Never returns.
 * @param {{ dev?: boolean }} [options]
 */
export async function start({ dev = false } = {}) {
  process.chdir(root);
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  let exitCode = 0;
  try {
    const run = new Run({ dev });
    const signalled = untilSignal(run);
    process.on('uncaughtException', (error) => {
      console.error(explain(error));
      void run.force().finally(() => process.exit(1));
    });
    try {
      await Promise.race([run.bringUp(), signalled]);
    } catch (error) {
      exitCode = 1;
      if (explain(error)) console.error(explain(error));
    }
    if (exitCode === 0) console.error('Stopping …');
    await run.stop();
  } catch (error) {
    exitCode = 1;
    console.error(explain(error));
  }
  process.exit(exitCode);
}
