import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

/** A file of the repository: its path from the root, with slashes, and its text. */
type File = { path: string; text: string };

/** Returns the violations of a rule, one line each. */
type Rule = (files: File[]) => string[];

const ROOT = join(import.meta.dirname, '..');
const NOT_OURS = new Set(['node_modules', '.next', '.data', '.git', 'coverage']);
const TEXT = /\.(ts|tsx|mjs|js|css|json|md|sql|csv|svg|yml|yaml|sh|txt)$|^[^.]+$|^\.[a-z.]+$/;

function walk(folder = ''): File[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry): File[] => {
    const path = folder ? `${folder}/${entry.name}` : entry.name;
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : walk(path);
    return TEXT.test(entry.name) ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : [];
  });
}

const files = walk();
const isCode = ({ path }: File): boolean => /\.(ts|tsx|mjs)$/.test(path);
const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(`${folder}/`) || path === `${folder}.ts`;

/** Returns the imports of a file, types too: paths from the root for our files, names for packages. */
function importsOf({ path, text }: File): string[] {
  const specifiers = [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*'([^']+)'/g)].map(([, specifier]) => specifier!);
  return specifiers.map((specifier) => {
    if (specifier.startsWith('@/')) return specifier.slice(2);
    return specifier.startsWith('.') ? normalize(join(dirname(path), specifier)) : specifier;
  });
}

const isOurs = (specifier: string): boolean =>
  /^(app|bench|cli|components|db|e2e|scripts|server|tests)\//.test(specifier);

/** The folders that each folder can import. A folder in no list (app, cli, bench, tests) is imported by none. */
const DIRECTIONS: Record<string, string[]> = {
  db: ['db'],
  'server/domain': ['server/domain', 'db'],
  'server/outbound': ['server/outbound', 'server/domain/messaging/messages/rules'],
  'server/env': [],
  'server/log': [],
  'server/auth': ['server/http', 'server/domain', 'server/env', 'server/log', 'db/faults'],
  'server/operations': ['server/operations', 'server/domain'],
  'server/http': [
    'server/http',
    'server/operations',
    'server/domain',
    'server/outbound',
    'server/env',
    'server/log',
    'db/client',
    'db/faults',
  ],
  'server/trpc': [
    'server/trpc',
    'server/operations',
    'server/auth',
    'server/http/(body|rate-limit|live-stream|origin|services)',
    'server/domain',
    'server/outbound',
    'server/env',
    'server/log',
    'db/client',
    'db/faults',
  ],
  'server/jobs': ['server/jobs', 'server/domain', 'server/outbound', 'server/env', 'server/log', 'db'],
  'server/web': ['server/http', 'server/env', 'server/log'],
  components: [
    'components',
    'server/trpc/router',
    'server/domain/core/(actor|audit-vocabulary|codecs|countries|errors|fields|ids|limits|money|phone-numbers|sender|text-decoding)',
    'server/domain/*/*/(schema|rules)',
  ],
  'app/api/ready': ['db/client', 'db/migrate', 'db/queue'],
  app: ['app', 'components', 'server/auth', 'server/http', 'server/operations', 'server/trpc', 'server/domain'],
  cli: ['cli', 'server/domain', 'server/jobs', 'server/env', 'server/log', 'db'],
  scripts: ['scripts', 'db/migrate', 'server/env', 'server/http/openapi'],
};

/** Packages that have no place in the domain or in the schema. */
const OUTSIDE_THE_BUSINESS =
  /^(next|react|react-dom|graphile-worker|commander|@trpc\/.*|node:http|node:net|node:child_process)(\/|$)/;

const directions: Rule = (all) =>
  all.filter(isCode).flatMap((file) => {
    const home = Object.keys(DIRECTIONS)
      .filter((folder) => within(file.path, folder))
      .toSorted((a, b) => b.length - a.length)[0];
    if (!home) return [];
    const allowed = DIRECTIONS[home]!.map((folder) => new RegExp(`^${folder.replaceAll('*', '[^/]+')}(/|$)`));
    return importsOf(file).flatMap((specifier) => {
      const breaks = isOurs(specifier)
        ? !allowed.some((pattern) => pattern.test(specifier))
        : ['db', 'server/domain'].includes(home) && OUTSIDE_THE_BUSINESS.test(specifier);
      return breaks ? [`${file.path} imports ${specifier}`] : [];
    });
  });

/** Schemas, amounts and error codes also run in the browser, so their imports, however far, need no server. */
const isomorphic: Rule = (all) => {
  const byPath = new Map(all.filter(isCode).map((file) => [file.path.replace(/\.tsx?$/, ''), file]));
  const reach = (path: string, seen: Set<string>): string[] => {
    const file = byPath.get(path);
    if (!file || seen.has(path)) return [];
    seen.add(path);
    return importsOf(file).flatMap((specifier) => {
      if (isOurs(specifier)) return within(specifier, 'db') ? [`${path} imports ${specifier}`] : reach(specifier, seen);
      return /^(node:|pg$|drizzle-orm|@node-rs)/.test(specifier) ? [`${path} imports ${specifier}`] : [];
    });
  };
  const starts = [...byPath.keys()].filter((path) =>
    /^server\/domain\/(core\/(codecs|fields|money|errors)|[\w-]+\/[\w-]+\/schema)$/.test(path),
  );
  return starts.flatMap((path) => reach(path, new Set()).map((broken) => `${path}: ${broken}`));
};

/** Modules that are loaded with a page: money, rules of forms, texts of lists. */
const LIGHT = [
  'core/actor',
  'core/audit-vocabulary',
  'core/countries',
  'core/errors',
  'core/ids',
  'core/limits',
  'core/money',
  'core/phone-numbers',
  'core/sender',
  'core/text-decoding',
  'billing/auto-recharge/rules',
  'billing/ledger/rules',
  'identity/passwords/rules',
  'messaging/message-log/rules',
  'messaging/messages/rules',
  'messaging/usage/rules',
  'teams/audit/rules',
  'teams/invitations/rules',
  'teams/members/rules',
];

/** Returns the values that a file imports at once, without types and lazy imports. */
const valuesOf = ({ path, text }: File): string[] =>
  importsOf({ path, text: text.replace(/^(import|export) type [^;]*;/gm, '').replace(/\bimport\('[^']*'\)/g, '') });

/** The code of every page is small: it imports no package, not even through schemas, and only types of tRPC. */
const light: Rule = (all) => {
  const byPath = new Map(all.filter(isCode).map((file) => [file.path.replace(/\.tsx?$/, ''), file]));
  const reach = (path: string, seen: Set<string>): string[] => {
    const file = byPath.get(path);
    if (!file || seen.has(path)) return [];
    seen.add(path);
    return valuesOf(file).flatMap((specifier) =>
      isOurs(specifier) ? reach(specifier, seen) : [`${path} imports ${specifier}`],
    );
  };
  const channels = all
    .filter(({ path }) => within(path, 'components'))
    .flatMap((file) =>
      valuesOf(file)
        .filter((specifier) => within(specifier, 'server/trpc'))
        .map((specifier) => `${file.path} imports ${specifier} by value`),
    );
  return [...channels, ...LIGHT.flatMap((name) => reach(`server/domain/${name}`, new Set()))];
};

const NOUN_FILES = new Set(['schema.ts', 'rules.ts', 'read.ts', 'write.ts']);

const AREAS = ['core', 'notifications', 'identity', 'billing', 'teams', 'messaging', 'privacy'];

/** `core` holds files, every other area holds nouns, and a noun has at most four files. */
const closedNames: Rule = (all) =>
  all.flatMap(({ path }) => {
    const [, inDomain] = /^server\/domain\/(.+)$/.exec(path) ?? [];
    if (inDomain === undefined || /^core\/[^/]+\.ts$/.test(inDomain)) return [];
    const [area = '', , name = '', ...deeper] = inDomain.split('/');
    const isNounFile = AREAS.indexOf(area) > 0 && NOUN_FILES.has(name) && deeper.length === 0;
    return isNounFile ? [] : [`${path} is not <area>/<noun>/${[...NOUN_FILES].join('|')}`];
  });

/** Returns the position of a path's area in the order, or undefined outside the domain. */
function rankOf(path: string): number | undefined {
  const [, area] = /^server\/domain\/([^/]+)\//.exec(path) ?? [];
  return area === undefined ? undefined : AREAS.indexOf(area);
}

const areaOrder: Rule = (all) =>
  all.filter(isCode).flatMap((file) => {
    const rank = rankOf(file.path);
    if (rank === undefined) return [];
    return importsOf(file)
      .filter((specifier) => (rankOf(specifier) ?? 0) > rank)
      .map((specifier) => `${file.path} imports ${specifier}`);
  });

/** No file imports itself through others; types and lazy imports count. */
const noCircles: Rule = (all) => {
  const code = all.filter(isCode);
  const paths = new Map(
    code.flatMap(({ path }) => [
      [path, path],
      [path.replace(/\.tsx?$/, ''), path],
    ]),
  );
  const edges = new Map(code.map((file) => [file.path, importsOf(file).flatMap((to) => paths.get(to) ?? [])]));
  const state = new Map<string, 'open' | 'done'>();
  const broken: string[] = [];
  const visit = (path: string, way: string[]): void => {
    if (state.get(path) === 'open') broken.push([...way.slice(way.indexOf(path)), path].join(' → '));
    if (state.has(path)) return;
    state.set(path, 'open');
    for (const next of edges.get(path) ?? []) visit(next, [...way, path]);
    state.set(path, 'done');
  };
  for (const path of edges.keys()) visit(path, []);
  return broken;
};

/** Names that a framework prescribes, one in every file that it loads. */
const PRESCRIBED = new Set(['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE', 'generateMetadata']);

/** One exported function name has one home and one meaning. */
const oneHome: Rule = (all) => {
  const homes = new Map<string, string[]>();
  for (const { path, text } of all.filter(isCode)) {
    const functions =
      /^export (?:async )?function\*? (\w+)|^export const (\w+)(?:: [^=]+)? =\s*(?:async )?(?:<[^>]*>)?\([^;]*?=>/gm;
    for (const [, declared, assigned] of text.matchAll(functions)) {
      const name = declared ?? assigned!;
      if (!PRESCRIBED.has(name)) homes.set(name, [...(homes.get(name) ?? []), path]);
    }
  }
  return [...homes].filter(([, paths]) => paths.length > 1).map(([name, paths]) => `${name}: ${paths.join(', ')}`);
};

const isProduct = ({ path }: File): boolean =>
  ['app', 'components', 'server', 'db', 'cli'].some((folder) => within(path, folder)) && /\.tsx?$/.test(path);

/** Finds every file of the product that matches a pattern, except the allowed ones. */
const onlyIn =
  (pattern: RegExp, ...allowed: string[]): Rule =>
  (all) =>
    all
      .filter((file) => isProduct(file) && !allowed.includes(file.path) && pattern.test(file.text))
      .map(({ path }) => `${path}: ${pattern}`);

const TABLES = 'ledgerAccounts|transfers|entries|ledger_accounts';
const ledgerWriters = onlyIn(
  new RegExp(
    `\\.(insert|update|delete)\\(\\s*(${TABLES})\\s*\\)|\\b(INSERT\\s+INTO|UPDATE|DELETE\\s+FROM|TRUNCATE)\\s+(public\\.)?(${TABLES})\\b`,
    'i',
  ),
  'server/domain/billing/ledger/write.ts',
);
const transactions = onlyIn(/\.transaction\(/, 'server/domain/core/transaction.ts');
const environment = onlyIn(/\bprocess\.env\b/, 'server/env.ts', 'db/client.ts');

/** A server prints through one function, which prints no parameter of a query and no secret. */
const oneLog: Rule = (all) =>
  all
    .filter(({ path }) => ['app', 'server', 'db'].some((folder) => within(path, folder)) && /\.tsx?$/.test(path))
    .filter(({ path, text }) => path !== 'server/log.ts' && /\bconsole\s*(\.|\[|\?\.)/.test(text))
    .map(({ path }) => `${path} prints on the console`);

const API = 'app/api/v1/';
const EVERY_METHOD = 'export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } =';

const OPERATIONS = 'server/operations/';

/** Lists the declared operations with their paths, as their files have them. */
const declared = (all: File[]): { module: string; name: string; path: string }[] =>
  all
    .filter(({ path }) => path.startsWith(OPERATIONS))
    .flatMap(({ path: module, text }) =>
      [...text.matchAll(/^export const (\w+) = (?:operation|table)\(\{[^]*?\bpath: '([^']+)'/gm)].map(
        ([, name, path]) => ({
          module,
          name: name!,
          path: path!,
        }),
      ),
    );

/** Each route of the API serves all operations of its folder's path, with every method, in three lines; a test calls it. */
const routes: Rule = (all) => {
  const tests = all.filter(({ path }) => /^tests\/api\/.+\.test\.ts$/.test(path)).map(({ text }) => text);
  return all
    .filter(({ path }) => path.startsWith(API) && path.endsWith('route.ts'))
    .flatMap(({ path, text }) => {
      const folder = `/${path.slice(API.length, -'/route.ts'.length).replace(/\[(\w+)\]/g, '{$1}')}`;
      const rest = folder.startsWith('/[[...');
      const names = declared(all).flatMap((one) => (one.path === folder ? [one.name] : []));
      const [, served = ''] = /= route\(([\w, ]+)\);/.exec(text) ?? [];
      const isDocument = text.includes(`openDocument('${folder}', `);
      const called = new RegExp(`${folder.replace(/\{\w+\}/g, '\\$\\{[^}]+\\}')}[\`'"?]`);
      return [
        ...(text.includes(EVERY_METHOD) ? [] : [`${path} does not export every method`]),
        ...(text.split('\n').filter(Boolean).length <= 3 ? [] : [`${path} has more than three lines`]),
        ...(rest || isDocument || sameNames(served.split(', '), names) ? [] : [`${path} serves not all of ${folder}`]),
        ...(rest || tests.some((test) => called.test(test)) ? [] : [`${path} is called by no test`]),
      ];
    });
};

const sameNames = (a: string[], b: string[]): boolean => a.toSorted().join() === b.toSorted().join();

/** Each operation has a route file and is in a module of the registry, from which the channels are made. */
const operations: Rule = (all) => {
  const registry = all.find(({ path }) => path === `${OPERATIONS}all.ts`)?.text ?? '';
  const paths = new Set(all.map(({ path }) => path));
  return declared(all).flatMap(({ module, name, path }) => {
    const file = `${API}${path.slice(1).replace(/\{(\w+)\}/g, '[$1]')}/route.ts`;
    const imported = `from './${module.slice(OPERATIONS.length, -'.ts'.length)}';`;
    return [
      ...(paths.has(file) ? [] : [`${name} has no ${file}`]),
      ...(registry.includes(imported) ? [] : [`${module} is not in the registry`]),
    ];
  });
};

/** Returns true for the name of a command, or one call of a command without a decision on the way. */
function isOneCall(text: string): boolean {
  const [head, name] = /^\s*([\w.]+)\s*[,}]|^\s*\([^()]*\)\s*=>\s*[\w.]+\(/.exec(text) ?? [];
  if (head === undefined || name !== undefined) return name !== undefined;
  let [end, open] = [head.length, 1];
  for (; open > 0 && end < text.length; end += 1) open += text[end] === '(' ? 1 : text[end] === ')' ? -1 : 0;
  const decides = /=>|\?(?!\.)|&&|\|\||\bawait\b/.test(text.slice(head.length, end));
  return !decides && /^\s*[,}]/.test(text.slice(end));
}

const NOT_A_NOUN = new Set(
  'context handler inputs mount operations problem procedures router rsc all csv-columns examples operation'.split(' '),
);

/** An operation, like a procedure, is schemas and one call: the domain decides on permissions and errors. */
const oneCall: Rule = (all) =>
  all.flatMap((file) => {
    const [, noun] = /^server\/(?:trpc|operations)\/(.+)\.ts$/.exec(file.path) ?? [];
    if (noun === undefined || NOT_A_NOUN.has(noun)) return [];
    const [, ...commands] = file.text.replace(/'[^'\n]*'|"[^"\n]*"/g, "''").split(/\brun:/);
    return [
      ...commands
        .filter((text) => !isOneCall(text))
        .map((text) => `${file.path}: more than one call:${text.slice(0, 80)}`),
      ...(importsOf(file).includes('zod') ? [`${file.path} makes a schema, which is the domain's`] : []),
    ];
  });

// Joined here, so that this file does not contain the phrases that it looks for.
const UNSAID = new RegExp(
  [
    ['/work/', 'shared'],
    ['/shared/', 'design'],
    ['hidden ', '(check|test|grader)'],
    ['\\bclau', 'de\\b'],
    ['chat', 'gpt'],
    ['\\blanguage ', 'model'],
    ['\\bai', '[- ](generated|assisted|written)'],
  ]
    .map((parts) => parts.join(''))
    .join('|'),
  'i',
);
const unsaid: Rule = (all) =>
  all
    .filter(({ text, path }) => path !== 'package-lock.json' && UNSAID.test(text))
    .map(({ path, text }) => `${path}: ${UNSAID.exec(text)?.[0]}`);

const FORBIDDEN_OPENING = /(?:^|[\s;{(,])(?:\/\*\*?[\s*]*|\/\/[ \t]*)(?:What|Who|Whose|Whether|Where|Of|As)\b.*/g;

/** A comment begins with a verb or its subject; lines that continue it can begin with any word. */
const commentOpenings: Rule = (all) =>
  all.filter(isCode).flatMap(({ path, text }) =>
    [...text.matchAll(FORBIDDEN_OPENING)].flatMap(({ 0: found, index }) => {
      const before = text.slice(0, index + found.search(/\S/)).split('\n');
      const continues = /\/\//.test(found) && /^\s*\/\/(?! ox\w+-)/.test(before.at(-2) ?? '') && !before.at(-1)!.trim();
      return continues ? [] : [`${path}:${before.length}: ${found.trim().replace(/\s+/g, ' ')}`];
    }),
  );

/** Each rule with its name and files that break it. */
const RULES: [string, Rule, File[]][] = [
  [
    'imports go one way',
    directions,
    [
      { path: 'server/domain/teams/members/read.ts', text: `import { log } from '@/server/log';` },
      { path: 'server/domain/billing/ledger/write.ts', text: `import { NextResponse } from 'next/server';` },
      {
        path: 'server/domain/teams/api-keys/read.ts',
        text: `import type { Carrier } from '../../../outbound/carriers/carrier';`,
      },
      { path: 'db/client.ts', text: `import { env } from '@/server/env';` },
      {
        path: 'server/outbound/carriers/sandbox.ts',
        text: `import { reportMessages } from '@/server/domain/messaging/messages/write';`,
      },
      { path: 'server/http/authenticate.ts', text: `import { dispatch } from '@/server/jobs/dispatch';` },
      {
        path: 'components/members/Table.tsx',
        text: `import { listMembers } from '@/server/domain/teams/members/read';`,
      },
      { path: 'app/page.tsx', text: `import { database } from '@/db/client';` },
      { path: 'cli/main.ts', text: `const gate = await import('@/server/http/authenticate');` },
      { path: 'server/jobs/tasks.ts', text: `export { makeTeam } from '@/tests/support/team';` },
    ],
  ],
  [
    'modules shared with the browser import nothing of the server',
    isomorphic,
    [
      { path: 'server/domain/teams/members/schema.ts', text: `import { hash } from './rules';` },
      { path: 'server/domain/teams/members/rules.ts', text: `import { randomBytes } from 'node:crypto';` },
    ],
  ],
  [
    'the code of every page is small',
    light,
    [
      { path: 'server/domain/core/money.ts', text: `import { z } from 'zod';` },
      { path: 'server/domain/billing/ledger/rules.ts', text: `import { transferSchema } from './schema';` },
      { path: 'components/members/Table.tsx', text: `import { appRouter } from '@/server/trpc/router';` },
    ],
  ],
  [
    'a noun has its four files and no other',
    closedNames,
    [
      { path: 'server/domain/teams/members/helpers.ts', text: '' },
      { path: 'server/domain/members/read.ts', text: '' },
      { path: 'server/domain/core/money/rules.ts', text: '' },
    ],
  ],
  [
    'areas have one order',
    areaOrder,
    [
      { path: 'server/domain/core/money.ts', text: `import type { Transfer } from '../billing/ledger/schema';` },
      {
        path: 'server/domain/teams/members/read.ts',
        text: `const { usage } = await import('@/server/domain/messaging/usage/read');`,
      },
    ],
  ],
  [
    'imports make no circles',
    noCircles,
    [
      { path: 'server/domain/teams/alpha/write.ts', text: `import { b } from '../beta/read';` },
      { path: 'server/domain/teams/beta/read.ts', text: `import type { C } from '@/server/domain/teams/gamma/rules';` },
      { path: 'server/domain/teams/gamma/rules.ts', text: `const a = import('../alpha/write');` },
    ],
  ],
  [
    'an exported function name has one home',
    oneHome,
    [
      { path: 'server/domain/teams/alpha/read.ts', text: 'export async function getMember() {}' },
      {
        path: 'components/members/amounts.ts',
        text: 'export const printAmount = (micros: bigint): string => `${micros}`;',
      },
      { path: 'tests/support/names.ts', text: 'export function* listMembers() {}' },
    ],
  ],
  [
    'one file writes the ledger',
    ledgerWriters,
    [
      { path: 'server/domain/teams/members/write.ts', text: 'await tx.db.insert(transfers).values(row);' },
      { path: 'cli/team.ts', text: 'await db.update(ledgerAccounts).set({ balance: 0n });' },
      { path: 'server/jobs/tasks.ts', text: 'sql`update public.ledger_accounts set balance = 0`' },
    ],
  ],
  [
    'one file opens transactions',
    transactions,
    [{ path: 'server/domain/teams/members/write.ts', text: 'db.transaction(async (tx) => {})' }],
  ],
  [
    'two files read the environment',
    environment,
    [{ path: 'cli/team.ts', text: `const cwd = process.env['INIT_CWD'];` }],
  ],
  [
    'one file writes the log',
    oneLog,
    [
      { path: 'server/web.ts', text: 'main().catch((error) => console.error(error));' },
      { path: 'app/api/ready/route.ts', text: 'console.log(reason);' },
      { path: 'server/http/authenticate.ts', text: "console['warn'](key);" },
    ],
  ],
  [
    'a route serves every operation of its path with every method, and is called by a test',
    routes,
    [
      { path: 'app/api/v1/fish/route.ts', text: `${EVERY_METHOD} route(listFish);` },
      { path: 'app/api/v1/me/route.ts', text: `${EVERY_METHOD} route(getYou);` },
      { path: 'app/api/v1/team/route.ts', text: 'export const { GET } = route(getTeam, updateTeam);' },
      { path: 'app/api/v1/members/route.ts', text: `${EVERY_METHOD} route(listMembers);` },
      { path: 'app/api/v1/transfers/route.ts', text: `a\nb\nc\n${EVERY_METHOD} route(listTransfers);` },
    ],
  ],
  [
    'an operation has its route file and is in the registry',
    operations,
    [
      { path: 'server/operations/fish.ts', text: "export const listFish = operation({ path: '/fish', summary: '' });" },
      { path: 'server/operations/team.ts', text: "export const tell = operation({\n  path: '/team/told',\n});" },
    ],
  ],
  [
    'an operation and a procedure are one call of a command',
    oneCall,
    [
      {
        path: 'server/trpc/members.ts',
        text: `run: (ctx, { memberId }) => (memberId ? getMember(ctx, memberId) : fail('not_found')) })`,
      },
      {
        path: 'server/trpc/team.ts',
        text: 'run: async (ctx, input) => { if (may(ctx)) await updateTeam(ctx, input); } })',
      },
      { path: 'server/trpc/keys.ts', text: 'run: (ctx, input) => rotateKey(ctx, input).catch(() => null) })' },
      { path: 'server/trpc/fish.ts', text: 'run: (ctx, { from }) => listFish(ctx, from ?? today) })' },
      { path: 'server/trpc/messages.ts', text: `import { z } from 'zod';` },
      { path: 'server/operations/team.ts', text: 'run: (ctx) => read.getMe(ctx).then((me) => me.member), })' },
    ],
  ],
  [
    'comments begin with a verb or a noun',
    commentOpenings,
    [
      { path: 'server/domain/core/money.ts', text: '/** What an amount is. */' },
      { path: 'components/members/Table.tsx', text: ['<div>{/', '* Who is shown. */}</div>'].join('') },
      { path: 'cli/team.ts', text: ['const isOpen = true; /', '/ Whether it is open.'].join('') },
      { path: 'scripts/start.mjs', text: '/**\n * Of the start.\n */' },
      { path: 'tests/support/names.ts', text: '// As before.\n// Whose names follow.' },
    ],
  ],
  [
    'texts name nothing outside the project',
    unsaid,
    [
      { path: 'docs/a.md', text: ['see /work/', 'shared', '/design'].join('') },
      { path: 'README.md', text: ['AI', '-generated'].join('') },
    ],
  ],
];

describe.each(RULES)('%s', (_, rule, planted) => {
  it('holds', () => {
    expect(rule(files)).toEqual([]);
  });

  it.each(planted.map((file) => [`${file.path}: ${file.text}`, file] as const))('detects %s', (_name, file) => {
    const others = planted.filter(({ path }) => path !== file.path);
    const left = files.filter(({ path }) => path !== file.path && !others.some((other) => other.path === path));
    const companions = rule === noCircles || rule === isomorphic ? others : [];
    const broken = rule([...left, file, ...companions]);
    expect(broken.length, 'the planted file is not detected').toBeGreaterThan(0);
  });
});

describe('the search itself', () => {
  it('covers the whole repository', () => {
    const paths = new Set(files.map(({ path }) => path));
    for (const path of [
      'package.json',
      '.oxlintrc.json',
      'app/layout.tsx',
      'db/migrations/0000_tables.sql',
      'server/domain/core/transaction.ts',
      'scripts/start.mjs',
      '.ci/run',
    ]) {
      expect(paths).toContain(path);
    }
  });

  it('leaves the length of functions to the linter, at 70 lines', () => {
    const config = files.find(({ path }) => path === '.oxlintrc.json')!.text;
    expect(config).toContain('"eslint/max-lines-per-function": ["error", { "max": 70 }]');
  });
});
