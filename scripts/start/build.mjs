import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { installed, root } from './files.mjs';
import { withLock } from '../processes/lock.mjs';
import { Stop } from '../processes/stop.mjs';

const SOURCES = ['app', 'cli', 'components', 'server', 'db', 'public'];
const FILES = ['next.config.ts', 'package.json', 'package-lock.json', 'scripts/start/prepare.ts', 'tsconfig.json'];
const mark = join(root, '.next', 'purser-sources');

/** The programs that run beside the pages. */
const PROGRAMS = ['server/web.ts', 'server/jobs/main.ts', 'cli/main.ts', 'cli/demo.ts', 'scripts/start/prepare.ts'];
const bundles = join(root, '.next', 'programs');

/** @param {string} path @returns {string[]} */
function filesBelow(path) {
  if (!existsSync(join(root, path))) return [];
  return readdirSync(join(root, path), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
}

/** Returns one hash over every file that can change the build. */
function sourceHash() {
  const hash = createHash('sha256');
  const named = FILES.map((file) => join(root, file)).filter((file) => existsSync(file));
  for (const file of [...SOURCES.flatMap(filesBelow).toSorted(), ...named]) {
    hash.update(`${file}\0`).update(createHash('sha256').update(readFileSync(file)).digest());
  }
  return hash.digest('hex');
}

function isCurrent() {
  return existsSync(mark) && readFileSync(mark, 'utf8').trim() === sourceHash();
}

/** Bundles the programs: a program of hundreds of modules takes a third longer to start. */
const buildPrograms = async () => {
  const { build } = await import('esbuild');
  // The names of shared parts hold a hash, so a build overwrites none of the last one's.
  rmSync(bundles, { recursive: true, force: true });
  await build({
    absWorkingDir: root,
    entryPoints: PROGRAMS,
    outdir: bundles,
    outbase: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    jsx: 'automatic',
    sourcemap: true,
    sourcesContent: false,
    logLevel: 'silent',
  });
};

/**
 * Returns the arguments with which Node runs a program: its bundle if it is built from the current sources, otherwise
 * the source.
 * @param {string} program one of the programs, relative to the root
 * @returns {string[]}
 */
export const argumentsFor = (program) =>
  isCurrent()
    ? ['--enable-source-maps', join(bundles, program.replace(/\.ts$/, '.mjs'))]
    : ['--import', import.meta.resolve('tsx'), join(root, program)];

/**
 * Builds the web application and the programs if their sources have changed since the last build.
 * @param {import('../processes/children.mjs').Children} children
 */
export async function ensureBuild(children) {
  if (isCurrent()) return;
  await withLock('build', async () => {
    if (isCurrent()) return;
    const hash = sourceHash();
    rmSync(mark, { force: true });
    console.log('Building (first start or changed sources) …');
    const { code, output } = await children.run([installed('next/dist/bin/next'), 'build'], {
      NODE_ENV: 'production',
      NEXT_TELEMETRY_DISABLED: '1',
    });
    if (children.closing) throw new Stop('The build was interrupted.');
    if (code !== 0) {
      process.stderr.write(output);
      throw new Stop(`The build failed (exit code ${code}). See its output above.`);
    }
    await buildPrograms();
    writeFileSync(mark, `${hash}\n`);
  });
}
