import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { Children } from './processes/children.mjs';
import { installed, readJson, root } from './start/files.mjs';
import { explain, Stop } from './processes/stop.mjs';

/**
 * @typedef {object} Outcome what came of one step; `output` is what to show of it
 * @property {number} passed
 * @property {number} failed
 * @property {string} [output]
 * @typedef {{ name: string, run: () => Promise<Outcome> }} Step
 */

const children = new Children();

/** How many steps run beside each other; the tests then have the machine to themselves. */
const AT_ONCE = 2;

/**
 * Runs every step, tells of each as it ends, and answers the exit code.
 * @param {{ fast: boolean }} options
 */
export async function runAll({ fast }) {
  const total = { passed: 0, failed: 0 };
  const temporary = mkdtempSync(join(tmpdir(), 'purser-checks-'));
  process.once('exit', () => rmSync(temporary, { recursive: true, force: true }));
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.once(signal, () => void children.stop().finally(() => process.exit(code)));
  }
  const step = async (/** @type {Step} */ { name, run }) => {
    const began = Date.now();
    /** @type {Outcome} */
    const { passed, failed, output } = await run().catch((error) => ({ passed: 0, failed: 1, output: explain(error) }));
    if (children.closing) return;
    total.passed += passed;
    total.failed += failed;
    const count = passed + failed === 1 ? '' : ` ${passed} passed, ${failed} failed`;
    console.log(`${failed > 0 ? 'FAILED' : 'ok    '} ${name}${count} (${((Date.now() - began) / 1000).toFixed(1)} s)`);
    if (output) console.log(output.replace(/^(?=.)/gm, '  '));
  };
  const waiting = staticSteps(temporary);
  const lane = async () => {
    for (let next = waiting.shift(); next && !children.closing; next = waiting.shift()) await step(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  for (const beside of testSteps(temporary, fast)) if (!children.closing) await Promise.all(beside.map(step));
  // After a signal its own handler ends the process.
  if (children.closing) return new Promise(() => {});
  console.log(`${total.passed} passed, ${total.failed} failed`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
}

/** @param {string} temporary @returns {Step[]} */
function staticSteps(temporary) {
  return [
    { name: 'types', run: () => succeeds('typescript', 'tsc', ['--noEmit', '--project', 'tsconfig.check.json']) },
    { name: 'lint', run: () => succeeds('oxlint', 'oxlint', ['--type-aware', '--deny-warnings']) },
    { name: 'migrations match the schema', run: () => migrationsMatch(join(temporary, 'migrations')) },
    { name: 'unused code', run: () => succeeds('knip', 'knip', ['--no-progress']) },
    { name: 'format', run: () => succeeds('oxfmt', 'oxfmt', ['--check', '.']) },
    { name: 'lock file', run: lockFileIsConsistent },
  ];
}

/**
 * One after another; what stands together runs beside each other.
 * @param {string} temporary @param {boolean} fast @returns {Step[][]}
 */
function testSteps(temporary, fast) {
  const leftOut = fast ? ['--exclude', 'tests/proof/**'] : [];
  const tests = { name: 'tests', run: () => vitest(join(temporary, 'tests.json'), leftOut) };
  const [config, kills] = ['e2e/vitest.config.ts', 'e2e/kills.test.ts'];
  if (fast || !existsSync(join(root, config))) return [[tests]];
  // After the browser's tests, which build the pages. Both ways end in the same handlers, so what is proved again is what
  // the framework does: routes, methods, fields, bodies and their sizes, queries, streams, refusals before the handler.
  const throughNext = [
    'batch',
    'errors',
    'exports',
    'idempotency',
    'limits',
    'http-conventions',
    'openapi',
    'unavailable',
  ].map((name) => `tests/api/${name}.test.ts`);
  return [
    [tests],
    [{ name: 'browser', run: () => vitest(join(temporary, 'e2e.json'), ['--config', config, '--exclude', kills]) }],
    [
      // It waits for most of its time: for processes to end and to come back.
      { name: 'kills', run: () => vitest(join(temporary, 'kills.json'), ['--config', config, kills]) },
      {
        name: 'the API through Next',
        run: () => vitest(join(temporary, 'next.json'), throughNext, { TEST_THROUGH_NEXT: '1' }),
      },
    ],
  ];
}

/**
 * The program of an installed package, as a file for Node.
 * @param {string} name @param {string} command
 */
export function program(name, command) {
  const bin = readJson(installed(name, 'package.json'))?.bin;
  const path = typeof bin === 'string' ? bin : bin?.[command];
  if (!path) throw new Stop(`${name} is not installed: run npm ci.`);
  return installed(name, path);
}

/** @param {{ code: number | string, output: string }} ended @returns {Outcome} */
const byExitCode = ({ code, output }) =>
  code === 0
    ? { passed: 1, failed: 0 }
    : { passed: 0, failed: 1, output: output.trim() || `It ended with ${code} and said nothing.` };

/** @param {string} name @param {string} command @param {string[]} args */
const succeeds = async (name, command, args) => byExitCode(await children.run([program(name, command), ...args]));

/**
 * Whether the schema in TypeScript and the last migration say the same: generating again, into a copy, adds no file.
 * @param {string} copy
 * @returns {Promise<Outcome>}
 */
async function migrationsMatch(copy) {
  const drizzle = program('drizzle-kit', 'drizzle-kit');
  const checked = await children.run([drizzle, 'check']);
  if (checked.code !== 0) return byExitCode(checked);
  cpSync(join(root, 'db/migrations'), copy, { recursive: true });
  const before = readdirSync(copy).length;
  const [schema, out] = ['./db/schema/*.ts', relative(root, copy)];
  const generated = await children.run([
    drizzle,
    'generate',
    '--dialect',
    'postgresql',
    '--casing',
    'snake_case',
    '--schema',
    schema,
    '--out',
    out,
  ]);
  if (generated.code !== 0) return byExitCode(generated);
  if (readdirSync(copy).length === before) return { passed: 1, failed: 0 };
  return {
    passed: 0,
    failed: 1,
    output: `A migration is missing: run npm run db:generate.\n${generated.output.trim()}`,
  };
}

/** Whether package-lock.json is what package.json asks for: `npm ci` would go through. */
async function lockFileIsConsistent() {
  const beside = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const npm = [process.env.npm_execpath ?? '', beside].find((path) => /npm-cli\.c?js$/.test(path) && existsSync(path));
  if (!npm) throw new Stop('npm was not found: run this as npm test.');
  return byExitCode(await children.run([npm, 'ci', '--dry-run', '--offline', '--no-audit', '--no-fund']));
}

/**
 * @typedef {{ fullName: string, status: string, failureMessages: string[] | null }} Test
 * @typedef {{ name: string, status: string, message: string, assertionResults: Test[] }} TestFile
 */

/**
 * Runs tests and counts each. A file that cannot be loaded, and an end that no test accounts for, count as failed.
 * @param {string} report @param {string[]} args @param {Record<string, string>} [env]
 * @returns {Promise<Outcome>}
 */
async function vitest(report, args, env = {}) {
  const ended = await children.run(
    [program('vitest', 'vitest'), 'run', '--reporter=json', `--outputFile=${report}`, ...args],
    { CI: '1', NO_COLOR: '1', ...env },
  );
  /** @type {TestFile[] | undefined} */
  const files = readJson(report)?.testResults;
  if (!files) return { passed: 0, failed: 1, output: `The tests did not run to their end.\n${tail(ended.output)}` };
  const tests = files.flatMap((file) =>
    file.assertionResults.map((test) => ({ ...test, file: relative(root, file.name) })),
  );
  const failed = tests.filter(({ status }) => status === 'failed');
  const broken = files.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  );
  const said = [
    ...broken.map(({ name, message }) => `${relative(root, name)}\n${message}`),
    ...failed.map(
      ({ file, fullName, failureMessages }) => `${file}: ${fullName}\n${(failureMessages ?? []).join('\n')}`,
    ),
  ];
  const unaccounted = ended.code !== 0 && said.length === 0;
  if (unaccounted) said.push(`Every test passed, but the run ended with ${ended.code}.\n${tail(ended.output)}`);
  const passed = tests.filter(({ status }) => status === 'passed').length;
  return { passed, failed: said.length, output: said.join('\n\n') };
}

/** @param {string} text */
const tail = (text) => text.trim().split('\n').slice(-60).join('\n');
