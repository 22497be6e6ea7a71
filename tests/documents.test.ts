import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import promise from '@/docs/api-promise.json';
import { scripts } from '@/package.json';

/** A Markdown file: its path from the root, with slashes, and its text. */
type Document = { path: string; text: string };

/** Returns one line for each violation. */
type Rule = (documents: Document[]) => string[];

const ROOT = join(import.meta.dirname, '..');
const IGNORED = new Set(['node_modules', '.next', '.data', '.git', 'coverage']);

/** The paths of all files of the repository. */
const files: string[] = walk('');

function walk(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (!entry.isDirectory()) return [path];
    return IGNORED.has(entry.name) ? [] : walk(path);
  });
}

const documents: Document[] = files
  .filter((path) => path.endsWith('.md'))
  .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));

const FENCE = /^ *```(\w*)\n([\s\S]*?)^ *```$/gm;
const INLINE_CODE = /`[^`\n]+`/g;

/** Returns a text without fenced blocks. */
const withoutFences = (text: string): string => text.replace(FENCE, '');

/** Returns a text without fenced blocks and inline code. */
const prose = (text: string): string => withoutFences(text).replace(INLINE_CODE, '');

/** Returns the anchors of a document's headings, as GitHub makes them. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of withoutFences(text).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let n = 1; anchors.has(anchor); n += 1) anchor = `${slug}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

const links: Rule = (all) =>
  all.flatMap(({ path, text }) =>
    [...prose(text).matchAll(/\]\(([^)\s]+)\)|^\[[^\]]+\]: *(\S+)/gm)].flatMap(([, inline, reference]) => {
      const link = (inline ?? reference)!;
      if (/^(https?|mailto):/.test(link)) return [];
      const [target = '', anchor] = link.split('#');
      const to = target === '' ? path : normalize(join(dirname(path), target));
      const document = all.find((one) => one.path === to);
      if (!document && !existsSync(join(ROOT, to))) return [`${path}: ${link} leads to no file`];
      if (anchor === undefined) return [];
      return document && anchorsOf(document.text).has(anchor) ? [] : [`${path}: ${link} leads to no heading`];
    }),
  );

const CODE_PATH = /^(app|bench|cli|components|db|docs|e2e|scripts|server|tests)\/[\w./()[\]*-]*$/;

/** Returns whether a path names a file or a folder; `*` stands for any part of a name. */
function isThere(path: string): boolean {
  if (!path.includes('*')) return existsSync(join(ROOT, path));
  const pattern = path.split('*').map((part) => part.replace(/[.()[\]]/g, '\\$&'));
  return files.some((file) => new RegExp(`^${pattern.join('[^/]*')}(/|$)`).test(file));
}

const codePaths: Rule = (all) =>
  all.flatMap(({ path, text }) =>
    [...withoutFences(text).matchAll(INLINE_CODE)]
      .map(([code]) => code.slice(1, -1))
      .filter((code) => CODE_PATH.test(code) && !isThere(code))
      .map((code) => `${path}: ${code} does not exist`),
  );

const npmScripts: Rule = (all) =>
  all.flatMap(({ path, text }) =>
    [...text.matchAll(/\bnpm run (?:-s )?([a-z][\w:-]*)/g)]
      .filter(([, name]) => !Object.hasOwn(scripts, name!))
      .map(([command]) => `${path}: package.json has no script for ${command}`),
  );

/** Words that the glossary replaces, where no other meaning of them is in use. */
const REPLACED =
  /\b(seats?|doors?|verbs?|holders?|guests?|askers?|rehears\w+|workspaces?|himself|herself|somebody|anybody|nobody|whom?ever)\b/gi;

/** Returns the text without the column of the glossary that lists the replaced words. */
const withoutReplaced = ({ path, text }: Document): string =>
  path === 'docs/glossary.md' ? text.replace(/^(\|[^|\n]*\|[^|\n]*\|)[^|\n]*\|$/gm, '$1') : text;

const glossary: Rule = (all) =>
  all.flatMap((document) =>
    [...withoutReplaced(document).replace(INLINE_CODE, '').matchAll(REPLACED)].map(
      ([word]) => `${document.path}: “${word}” is not a term of the glossary`,
    ),
  );

const openings: Rule = (all) =>
  all.flatMap(({ path, text }) =>
    [
      ...prose(text).matchAll(
        /(?:^[#>*\-\d.| ]*|[.:] )((?:Who|Whoever|Whether|What)\b[^.?!|]*?(?:[.?!|]|\n\n|(?![^])))/gm,
      ),
    ]
      .filter(([, sentence]) => !sentence!.endsWith('?'))
      .map(([, sentence]) => `${path}: begin with the subject: ${sentence!.trim()}`),
  );

const README_WORDS = 900;

const shortReadme: Rule = (all) => {
  const readme = all.find(({ path }) => path === 'README.md');
  const words = readme?.text.split(/\s+/).filter(Boolean).length ?? 0;
  return words > 0 && words <= README_WORDS ? [] : [`README.md has ${words} words`];
};

const testCommand: Rule = (all) =>
  /^npm test\b/m.test(all.find(({ path }) => path === 'README.md')?.text ?? '') ? [] : ['README.md names no npm test'];

/** Returns the rule that a document names each of some words in code. */
const naming =
  (path: string, words: () => string[]): Rule =>
  (all) => {
    const text = all.find((one) => one.path === path)?.text ?? '';
    const named = new Set([...text.matchAll(/[\w{}./-]+/g)].map(([word]) => word.replace(/[.]+$/, '')));
    return words().flatMap((word) => (named.has(word) ? [] : [`${path} does not name ${word}`]));
  };

const variables = (): string[] =>
  [...readFileSync(join(ROOT, 'server/env.ts'), 'utf8').matchAll(/^ {2}([A-Z][A-Z_]+): /gm)].map(([, name]) => name!);

const API = 'docs/api.md';
const planted = (path: string, text: string): Document[] => [{ path, text }];

/** Each rule with documents that break it. */
const RULES: [string, Rule, Document[][]][] = [
  [
    'every link leads to a file and a heading',
    links,
    [
      planted('docs/a.md', 'See [this](nowhere.md).'),
      planted('docs/a.md', '![A picture](pictures/nowhere.webp)'),
      planted('docs/a.md', '# One heading\n\n[There](#another-heading)'),
      planted('docs/a.md', '[There](glossary.md#no-such-heading)'),
      planted('README.md', '[docs]: docs/nowhere.md'),
    ],
  ],
  [
    'every path of code exists',
    codePaths,
    [
      planted('README.md', 'Prices are in `server/domain/nowhere.ts`.'),
      planted('docs/a.md', 'Look into `components/nowhere/`.'),
      planted('docs/a.md', 'See `db/migrations/*_nowhere.sql`.'),
    ],
  ],
  ['every script of npm exists', npmScripts, [planted('docs/a.md', '```sh\nnpm run nothing\n```')]],
  [
    'documents use the terms of the glossary',
    glossary,
    [
      planted('docs/a.md', 'An owner deletes a seat.'),
      planted('docs/a.md', 'Through which door it came.'),
      planted('docs/a.md', 'A member acts for himself.'),
      planted('docs/a.md', '```mermaid\nA --> verb\n```'),
      planted('docs/glossary.md', '| member | a seat | seat |'),
    ],
  ],
  [
    'no sentence begins with what, who or whether',
    openings,
    [
      planted('docs/a.md', 'It is short. What is dear is left out.'),
      planted('docs/a.md', '## Who somebody is'),
      planted('docs/a.md', '- Whoever has the link joins.'),
    ],
  ],
  ['the README has at most 900 words', shortReadme, [planted('README.md', 'word '.repeat(README_WORDS + 1))]],
  ['the README names the test command', testCommand, [planted('README.md', 'Run the tests.')]],
  [
    'the configuration names every variable',
    naming('docs/configuration.md', variables),
    [planted('docs/configuration.md', '`PORT`')],
  ],
  [
    'the API guide names every path',
    naming(API, () => Object.keys(promise.paths)),
    [planted(API, '`GET /members/{id}`')],
  ],
  [
    'the API guide names every error code',
    naming(API, () => promise.components.schemas.Problem.properties.code.enum),
    [planted(API, '`invalid_request`')],
  ],
];

describe.each(RULES)('%s', (_, rule, violations) => {
  it('holds', () => {
    expect(rule(documents)).toEqual([]);
  });

  it.each(violations.map(([one]) => [`${one!.path}: ${one!.text.slice(0, 60)}`, one!] as const))(
    'is broken by %s',
    (_name, one) => {
      const others = documents.filter(({ path }) => path !== one.path);
      const broken = rule([...others, one]).filter((line) => line.startsWith(one.path));
      expect(broken.length, 'the planted violation is not found').toBeGreaterThan(0);
    },
  );
});

it('reads every document', () => {
  const paths = documents.map(({ path }) => path);
  expect(paths).toEqual(expect.arrayContaining(['README.md', 'CONTRIBUTING.md', 'CHANGELOG.md', 'docs/glossary.md']));
  expect(paths.filter((path) => path.startsWith('docs/decisions/')).length).toBeGreaterThanOrEqual(17);
  expect(variables()).toContain('DATABASE_URL');
});
