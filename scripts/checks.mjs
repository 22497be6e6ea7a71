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

/** Configures the stories, which run in a browser or against processes. */
const STORIES = 'e2e/playwright.config.ts';

/**
 * Runs every step, prints each result when the step ends, and returns the exit code.
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
  const lane = async (/** @type {Step[]} */ steps) => {
    for (const next of steps) if (!children.closing) await step(next);
  };
  await Promise.all(lanes(temporary, fast).map(lane));
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
 * Returns the steps in two lanes that run beside each other, each in its order: a test that waits leaves the processor to
 * the other lane.
 * @param {string} temporary @param {boolean} fast @returns {[Step[], Step[]]}
 */
function lanes(temporary, fast) {
  const leftOut = fast ? ['--exclude', 'tests/proof/**'] : [];
  const tests = { name: 'tests', run: () => vitest(join(temporary, 'tests.json'), leftOut) };
  const statics = staticSteps(temporary);
  if (fast || !existsSync(join(root, STORIES))) return [[tests], statics];
  // Both paths end in the same handlers, so this repeats the files that test the framework's part: routes, methods, headers,
  // bodies and their sizes, queries, streams, refusals before the handler.
  const files = ['batch', 'errors', 'exports', 'http-conventions', 'idempotency', 'limits', 'openapi', 'unavailable'];
  const throughNext = files.map((name) => `tests/api/${name}.test.ts`);
  return [
    [tests, { name: 'browser', run: () => playwright('stories', temporary) }],
    [
      ...statics,
      // Its product builds the pages, which the next step takes as they are.
      { name: 'attacks and kills', run: () => playwright('apart', temporary) },
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
 * Checks that the last migration matches the schema in TypeScript: generating again, into a copy, adds no file.
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

/** Checks that package-lock.json matches package.json, so that `npm ci` succeeds. */
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

/**
 * @typedef {{ message?: string }} Fault
 * @typedef {{ status: string, results: { errors: Fault[] }[] }} Story
 * @typedef {{ title: string, file: string, specs: { title: string, file: string, tests: Story[] }[], suites?: Suite[] }} Suite
 */

/**
 * Runs stories and counts each. A fault outside of every story, and an end that none accounts for, count as failed.
 * @param {'stories' | 'apart'} project @param {string} temporary
 * @returns {Promise<Outcome>}
 */
async function playwright(project, temporary) {
  const report = join(temporary, `${project}.json`);
  const args = [`--project=${project}`, '--no-deps'];
  const ended = await children.run([program('@playwright/test', 'playwright'), 'test', '--config', STORIES, ...args], {
    CI: '1',
    NO_COLOR: '1',
    FORCE_COLOR: '0',
    E2E_JSON_REPORT: report,
    E2E_REPORT: `report/${project}`,
  });
  /** @type {{ suites: Suite[], errors: Fault[] } | undefined} */
  const read = readJson(report);
  if (!read) return { passed: 0, failed: 1, output: `The stories did not run to their end.\n${tail(ended.output)}` };
  const stories = read.suites.flatMap((suite) => storiesOf(suite, ''));
  const said = [
    ...read.errors.map(({ message }) => message ?? 'A fault outside of every story.'),
    ...stories
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ name, faults }) => `${name}\n${faults.map(({ message }) => message ?? '').join('\n')}`),
  ];
  if (ended.code !== 0 && said.length === 0) {
    said.push(`Every story passed, but the run ended with ${ended.code}.\n${tail(ended.output)}`);
  }
  return {
    passed: stories.filter(({ status }) => status === 'expected').length,
    failed: said.length,
    output: said.join('\n\n'),
  };
}

/** @param {Suite} suite @param {string} above @returns {{ name: string, status: string, faults: Fault[] }[]} */
function storiesOf(suite, above) {
  const names = above === '' ? `${suite.title}:` : `${above} ${suite.title}`;
  const own = suite.specs.flatMap(({ title, tests }) =>
    tests.map(({ status, results }) => ({
      name: `${names} ${title}`,
      status,
      faults: results.flatMap(({ errors }) => errors),
    })),
  );
  return [...own, ...(suite.suites ?? []).flatMap((below) => storiesOf(below, names))];
}

/** @param {string} text */
const tail = (text) => text.trim().split('\n').slice(-60).join('\n');
