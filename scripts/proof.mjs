import './start/node-version.mjs';

/**
 * `npm run proof`: the long form of every proof, which takes hours. One line for each: its figure, and the seed of its
 * random choices. `npm run proof bank model` runs these alone; `npm run proof bank --seed 7` repeats a run, and `--short`
 * runs the form of `npm test`.
 */

/** By name: what it proves, and its file. */
const PROOFS = /** @type {const} */ ({
  bank: ['S1 bank', 'tests/proof/bank.test.ts'],
  model: ['S2 model', 'tests/proof/model.test.ts'],
  retries: ['S3 retries', 'tests/proof/retries.test.ts'],
  workers: ['S6 worker killed', 'tests/platform/dead-workers.test.ts'],
  mail: ['S6 worker killed with an email', 'tests/proof/mail.test.ts'],
  crashes: ['S7 crash points', 'tests/proof/crashes.test.ts'],
  pairs: ['S8 pairs', 'tests/proof/pairs.test.ts'],
  races: ['S8 races', 'tests/proof/races.test.ts'],
  tenants: ['S9 tenants', 'tests/api/tenants.test.ts'],
  roles: ['S10 roles', 'tests/api/roles.test.ts'],
  fuzz: ['S11 fuzz', 'tests/api/fuzz.test.ts'],
  psql: ['S12 psql', 'tests/proof/psql.test.ts'],
  waiting: ['S14 recharge', 'tests/proof/recharge-queue.test.ts'],
  verify: ['S15 ledger verify', 'tests/proof/verify.test.ts'],
  hostile: ['S18 hostile input', 'tests/proof/hostile.test.ts'],
});

const { explain, Stop } = await import('./processes/stop.mjs');

/** @param {string[]} words */
function readArguments(words) {
  const seedAt = words.indexOf('--seed');
  const seed = seedAt < 0 ? undefined : words[seedAt + 1];
  if (seedAt >= 0 && !/^[0-9]+$/.test(seed ?? '')) throw new Stop('--seed is followed by a whole number.');
  const names = words.filter((word, i) => word !== '--short' && (seedAt < 0 || (i !== seedAt && i !== seedAt + 1)));
  const unknown = names.find((name) => !(name in PROOFS));
  if (unknown) throw new Stop(`There is no proof ${unknown}. There are: ${Object.keys(PROOFS).join(', ')}.`);
  const chosen = Object.entries(PROOFS).filter(([name]) => names.length === 0 || names.includes(name));
  return { seed, form: words.includes('--short') ? 'short' : 'long', chosen };
}

try {
  const { ensureDependencies } = await import('./start/dependencies.mjs');
  const { seed, form, chosen } = readArguments(process.argv.slice(2));
  await ensureDependencies({ dev: true });
  const { existsSync, mkdtempSync, readFileSync, rmSync } = await import('node:fs');
  const { tmpdir } = await import('node:os');
  const path = await import('node:path');
  const { program } = await import('./checks.mjs');
  const { Children } = await import('./processes/children.mjs');
  const { readJson } = await import('./start/files.mjs');
  const dir = mkdtempSync(path.join(tmpdir(), 'purser-proof-'));
  const children = new Children();
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, () => void children.stop().finally(() => process.exit(130)));
  }
  let failed = 0;
  for (const [name, [title, file]] of chosen) {
    const [report, figures] = [path.join(dir, `${name}.json`), path.join(dir, `${name}.txt`)];
    const began = Date.now();
    const args = ['run', '--reporter=json', `--outputFile=${report}`, file];
    const env = { CI: '1', NO_COLOR: '1', PROOF: form, PROOF_SEED: seed, PROOF_REPORT: figures };
    const ended = await children.run([program('vitest', 'vitest'), ...args], env);
    if (children.closing) break;
    /** @type {{ assertionResults: { status: string, fullName: string, failureMessages: string[] | null }[] }[]} */
    const files = readJson(report)?.testResults ?? [];
    const tests = files.flatMap((one) => one.assertionResults);
    const wrong = tests.filter(({ status }) => status === 'failed');
    const took = `${((Date.now() - began) / 1000).toFixed(1)} s, no seed`;
    const figure = existsSync(figures)
      ? readFileSync(figures, 'utf8').trim()
      : `${title}: ${tests.length} tests (${took})`;
    console.log(`${ended.code === 0 ? 'ok    ' : 'FAILED'} ${figure}`);
    if (ended.code === 0) continue;
    failed += 1;
    const said = wrong.map(({ fullName, failureMessages }) => `${fullName}\n${(failureMessages ?? []).join('\n')}`);
    console.log(said.length > 0 ? said.join('\n\n') : ended.output.trim().split('\n').slice(-60).join('\n'));
  }
  process.exit(failed > 0 ? 1 : 0);
} catch (error) {
  console.error(explain(error));
  process.exit(1);
}
