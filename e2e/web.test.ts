import { freePort } from '@/scripts/processes/ports.mjs';
import type { Page } from '@playwright/test';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { callApi } from '@/tests/support/call-api';
import { openSession, sql } from './support/people';
import { complaintsOf, expect, expectError, runningProduct, test } from './support/browser';
import {
  createTeamByCommand,
  ofThisWorker,
  operate,
  ROOT,
  startWeb,
  until,
  type Running,
  type Team,
} from './support/product';

const { url, dataDir } = runningProduct();

let team: Team;
let foreign: Team;
let invite: string;
let session: string;
test.beforeAll(async () => {
  team = await createTeamByCommand(ofThisWorker('Paged Crew'), '100.00');
  const requested = { key: team.apiKey, body: { email: 'paged@example.test' } };
  const { body } = await callApi(`${url}/api/v1`, 'POST', '/invitations', requested);
  invite = new URL(body.url as string).pathname;
  session = await openSession(dataDir, team.email);
  foreign = await createTeamByCommand(ofThisWorker('Foreign Crew'), '100.00');
});

/** The addresses of all pages, from their folders, with a placeholder for each variable part. */
const PAGES = readdirSync(join(ROOT, 'app'), { recursive: true, encoding: 'utf8' })
  .filter((file) => /(^|\/)page\.tsx$/.test(file))
  .map((file) => `/${file.replace(/\([^)]*\)\//g, '').replace(/\/?page\.tsx$/, '')}`)
  .toSorted();

const fill = (page: string): string =>
  page
    .replace('/invite/[token]', invite)
    .replace('[team]', team.slug)
    .replace('[id]', team.memberId)
    .replace('[code]', 'not_found')
    .replace('[token]', 'none');

/** The pages for visitors, and the pages that do not exist in the demo or at all. */
const OPEN = /^\/(sign-in|forgot|reset\/)/;
const MISSING = /nowhere|^\/(setup|sign-up|mailbox\/)/;

const FIELDS = {
  'referrer-policy': 'same-origin',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': expect.stringContaining('camera=()'),
};

const POLICY = [
  /^default-src 'self'$/,
  /^script-src 'nonce-[\w+/]{22}==' 'strict-dynamic'$/,
  /^style-src-elem 'self' 'nonce-[\w+/]{22}=='$/,
  /^style-src-attr 'unsafe-inline'$/,
  /^img-src 'self' data:$/,
  /^font-src 'self'$/,
  /^connect-src 'self'$/,
  /^object-src 'none'$/,
  /^base-uri 'none'$/,
  /^form-action 'self'$/,
  /^frame-ancestors 'none'$/,
];

function expectSecurityHeaders(headers: Record<string, string>): string {
  expect(headers).toMatchObject(FIELDS);
  const policy = (headers['content-security-policy'] ?? '').split('; ');
  expect(policy).toHaveLength(POLICY.length);
  for (const [index, pattern] of POLICY.entries()) expect(policy[index]).toMatch(pattern);
  // The header is sent only over https: it would block plain http for other programs on this machine.
  expect(headers['strict-transport-security']).toBeUndefined();
  return /'nonce-([^']+)'/.exec(headers['content-security-policy']!)![1]!;
}

test.describe('every page', () => {
  test.describe.configure({ mode: 'parallel' });

  test('is found', () => expect(PAGES).toEqual(expect.arrayContaining(['/', '/[team]/members', '/sign-in'])));

  for (const path of [...PAGES, '/nowhere/at/all', '/[team]/nowhere'])
    test(`sends the security headers, which allow no other origin: ${path}`, async () => {
      const headers = { Cookie: OPEN.test(path) ? '' : `purser-session=${session}` };
      const get = () => fetch(`${url}${fill(path)}`, { headers });
      const response = await get();
      expect(response.status).toBe(MISSING.test(path) ? 404 : 200);
      const nonce = expectSecurityHeaders(Object.fromEntries(response.headers));
      // The nonce differs for every response, and is on every script that the page includes.
      expect(expectSecurityHeaders(Object.fromEntries((await get()).headers))).not.toBe(nonce);
      const scripts = (await response.text()).match(/<script\b[^>]*>/g) ?? [];
      expect(scripts.length).toBeGreaterThan(0);
      expect(scripts.filter((tag) => !tag.includes(`nonce="${nonce}"`))).toEqual([]);
    });

  test('blocks inline scripts and styles', async ({ newPage }) => {
    const page = await newPage({ url: '/sign-in' });
    expectError(page, /refused by|Content Security Policy/);
    await page.evaluate(() => {
      const script = document.createElement('div');
      script.innerHTML = '<img src="x:" onerror="document.title = \'run\'"><style>body { color: red }</style>';
      document.body.append(script);
    });
    await expect.poll(() => complaintsOf(page).join('\n')).toMatch(/script-src-attr/);
    expect(complaintsOf(page).join('\n')).toMatch(/style-src-elem/);
    expect(await page.title()).not.toBe('run');
  });

  test('and every other response has the security headers', async () => {
    for (const path of ['/api/health', '/icon.svg', '/api/auth/csrf', '/api/trpc/team.getShell']) {
      expectSecurityHeaders(Object.fromEntries((await fetch(`${url}${path}`)).headers));
    }
  });
});

type CallOptions = { method?: string; team?: string | null; origin?: string | null; body?: unknown };

/** Calls the tRPC API over HTTP with the cookies of a browser. */
async function callTrpc(
  page: Page | null,
  path: string,
  { method = 'POST', team, origin = url, body = {} }: CallOptions = {},
) {
  const cookies = (await page?.context().cookies(url))?.map(({ name, value }) => `${name}=${value}`).join('; ');
  const isStream = body instanceof ReadableStream;
  const response = await fetch(`${url}/api/trpc/${path}`, {
    method,
    headers: {
      'Content-Type': 'application/json',
      ...(cookies && { Cookie: cookies }),
      ...(origin !== null && { Origin: origin }),
      ...(team != null && { 'X-Purser-Team': team }),
    },
    body: method === 'GET' ? undefined : typeof body === 'string' || isStream ? body : JSON.stringify(body),
    ...(isStream && { duplex: 'half' }),
  });
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer
  const answer: any = await response.json();
  return { status: response.status, headers: response.headers, data: answer.result?.data, problem: answer.error?.data };
}

test.describe('the tRPC API', () => {
  test('answers a signed-in user from their membership in the named team', async ({ newPage }) => {
    const page = await newPage({ as: team });
    const shell = await callTrpc(page, 'team.getShell', { team: team.slug });
    expect([shell.status, shell.data.team.id, shell.data.me.memberId]).toEqual([200, team.teamId, team.memberId]);
    expect(shell.headers.get('cache-control')).toBe('no-store');
    expect(shell.headers.get('ratelimit-policy')).toMatch(/^"user"/);
    const memberships = await callTrpc(page, 'account.listMemberships');
    expect(memberships.data.map((membership: { team: { slug: string } }) => membership.team.slug)).toEqual([team.slug]);
  });

  test('is closed to visitors, with a team and without', async () => {
    for (const [path, slug] of [
      ['team.getShell', team.slug],
      ['team.getShell', 'never-given'],
      ['team.getShell', null],
      ['account.listMemberships', null],
    ] as const) {
      const { status, problem } = await callTrpc(null, path, { team: slug });
      expect([status, problem.code, problem.detail]).toEqual([401, 'missing_key', 'Sign in first.']);
    }
  });

  test('treats the team of others like one that does not exist', async ({ newPage }) => {
    const page = await newPage({ as: team });
    const [theirs, never] = await Promise.all(
      [foreign.slug, 'never-given'].map((slug) => callTrpc(page, 'team.getShell', { team: slug })),
    );
    expect([theirs!.status, { ...theirs!.problem, requestId: '' }]).toEqual([
      404,
      { ...never!.problem, requestId: '' },
    ]);
    const change = await callTrpc(page, 'members.createMember', { team: foreign.slug });
    expect(change.problem.code).toBe('not_found');
    // A request without a team does not use the last one.
    expect((await callTrpc(page, 'members.createMember')).problem.code).toBe('missing_key');
  });

  test('refuses a deactivated member from the next request, with the reason', async ({ newPage }) => {
    const { body } = await callApi(`${url}/api/v1`, 'POST', '/members', {
      key: team.apiKey,
      body: { generatePassword: true },
    });
    const { id, email } = body.member;
    const page = await newPage({ as: { email, password: body.secrets.password } });
    expect((await callTrpc(page, 'team.getShell', { team: team.slug })).status).toBe(200);
    await operate('member', 'deactivate', id, '--team', team.teamId);
    const { status, problem } = await callTrpc(page, 'team.getShell', { team: team.slug });
    expect([status, problem.code]).toEqual([403, 'member_inactive']);
    expect((await callTrpc(page, 'account.listMemberships')).data[0].member.status).toBe('inactive');
  });

  test('accepts a POST from this site only', async ({ newPage }) => {
    const page = await newPage({ as: team });
    const port = new URL(url).port;
    for (const origin of ['https://evil.example', `http://127.0.0.1.evil.example:${port}`, 'null', null, `${url}1`]) {
      const { status, problem } = await callTrpc(page, 'members.createMember', { team: team.slug, origin });
      expect([status, problem.code, problem.errors[0].pointer]).toEqual([400, 'invalid_request', 'Origin']);
    }
    expect((await callTrpc(page, 'members.createMember', { team: team.slug, method: 'GET' })).status).toBe(405);
    expect((await callTrpc(page, 'members.createMember', { team: team.slug })).status).toBe(200);
  });

  test('refuses a body above 1 MiB, by its declared length or in chunks', async ({ newPage }) => {
    const page = await newPage({ as: team });
    const large = JSON.stringify({ name: 'a'.repeat(1_048_576) });
    for (const body of [large, new Blob([large]).stream()]) {
      const { status, problem } = await callTrpc(page, 'members.createMember', { team: team.slug, body });
      expect([status, problem.code]).toEqual([413, 'payload_too_large']);
    }
  });
});

test.describe('the routes beneath /api/auth', () => {
  test('show no page but the product’s own', async () => {
    for (const path of [
      'signin',
      'signout',
      'error',
      'signin?callbackUrl=https://evil.example',
      'error?error=Configuration',
    ]) {
      const response = await fetch(`${url}/api/auth/${path}`, { redirect: 'manual' });
      const to = new URL(response.headers.get('location') ?? 'http://none', url);
      expect([path, response.status, to.origin, to.pathname]).toEqual([path, 302, url, '/sign-in']);
    }
    for (const path of ['verify-request', 'callback/credentials', '_log', 'signin/credentials', 'session/x']) {
      const response = await fetch(`${url}/api/auth/${path}`, { redirect: 'manual' });
      expect([path, response.status, response.headers.get('content-type')]).toEqual([
        path,
        404,
        'application/problem+json',
      ]);
    }
    for (const path of ['_log', 'session', 'signin/credentials']) {
      expect((await fetch(`${url}/api/auth/${path}`, { method: 'POST' })).status).toBe(404);
    }
  });

  test('keep the session in a cookie that scripts cannot read and that reveals nothing', async ({ newPage }) => {
    const page = await newPage({ as: team, url: '/account/teams' });
    const cookie = (await page.context().cookies()).find(({ name }) => name === 'purser-session')!;
    expect(cookie).toMatchObject({ httpOnly: true, sameSite: 'Lax', path: '/', secure: false });
    expect(cookie.expires).toBeGreaterThan(Date.now() / 1000 + 29 * 86_400);
    expect(await page.evaluate(() => document.cookie)).not.toContain('session');
    await expect(page.getByRole('heading', { name: 'Teams' })).toBeVisible();
  });

  test('refuse a sign-in from another site, without a token, or with too large a body', async () => {
    const form = (origin: string, body: string) =>
      fetch(`${url}/api/auth/callback/credentials`, {
        method: 'POST',
        redirect: 'manual',
        headers: { Origin: origin, 'Content-Type': 'application/x-www-form-urlencoded' },
        body,
      });
    expect((await form('https://evil.example', 'email=a')).status).toBe(400);
    const tokenless = await form(url, `email=${team.email}&password=${encodeURIComponent(team.password)}`);
    expect(tokenless.headers.getSetCookie().join()).not.toContain('purser-session');
    expect((await form(url, `email=${'a'.repeat(70_000)}`)).status).toBe(413);
  });
});

/** Sends a request as a proxy forwards it and returns its response. */
function proxied(port: number, path: string, headers: Record<string, string>) {
  return new Promise<IncomingMessage>((resolve, reject) => {
    httpRequest({ port, host: '127.0.0.1', path, headers, agent: false }, (response) => resolve(response.resume()))
      .on('error', reject)
      .end();
  });
}

const forwarded = { 'X-Forwarded-Host': 'evil.example, purser.example', 'X-Forwarded-Proto': 'http, https' };

test.describe('a trusted proxy with https', () => {
  let web: Running;
  let port: number;
  test.beforeAll(async () => {
    port = await freePort(undefined);
    web = startWeb(dataDir, port, { APP_URL: 'https://purser.example', TRUST_PROXY: '1' });
    const isUp = () =>
      fetch(`http://127.0.0.1:${port}/api/health`).then(
        ({ ok }) => ok,
        () => false,
      );
    await until(web.output, 60_000, isUp);
  });
  test.afterAll(async () => {
    web.child.kill('SIGTERM');
    await once(web.child, 'exit');
  });

  test('makes browsers keep to https, and limits cookies to this host', async () => {
    const { headers } = await proxied(port, '/api/auth/csrf', forwarded);
    expect(headers['strict-transport-security']).toBe('max-age=31536000');
    expect(headers['set-cookie']?.join()).toMatch(/__Host-[^;]*; Path=\/; HttpOnly; Secure; SameSite=Lax/);
    const csrf = await fetch(`http://127.0.0.1:${port}/api/auth/csrf`);
    const { csrfToken }: { csrfToken: string } = await csrf.json();
    const fields = { email: team.email, password: team.password, csrfToken, json: 'true' };
    const entered = await fetch(`http://127.0.0.1:${port}/api/auth/callback/credentials`, {
      method: 'POST',
      headers: {
        'X-Forwarded-For': '203.0.113.9, 198.51.100.7',
        Cookie: csrf.headers
          .getSetCookie()
          .map((text) => text.split(';', 1)[0])
          .join('; '),
      },
      body: new URLSearchParams(fields),
    });
    const cookie = entered.headers.getSetCookie().find((text) => text.startsWith('__Host-purser-session='));
    expect(cookie).toMatch(/; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Lax$/);
    const newest = `SELECT s.address FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = $1
      ORDER BY s.created_at DESC LIMIT 1`;
    expect(await sql(dataDir, newest, [team.email])).toEqual([{ address: '198.51.100.7' }]);
  });

  test('defines the site by the host that it received, not by a client’s claim', async () => {
    const { headers } = await proxied(port, '/api/auth/signin', forwarded);
    expect(headers.location).toMatch(/^https:\/\/purser\.example\/sign-in|^\/sign-in/);
    expect(headers.location).not.toContain('evil.example');
  });
});

test('ignores the forwarded host of a proxy that is not trusted', async () => {
  const { headers } = await proxied(Number(new URL(url).port), '/api/auth/signin', { ...forwarded, Host: 'localhost' });
  expect(headers.location).not.toMatch(/example/);
});

test('refuses to start with plain http outside the demo, and names the setting to change', async () => {
  const web = startWeb(dataDir, await freePort(undefined), { PURSER_DEMO: '0', CARRIER: 'sandbox' });
  const [code] = await once(web.child, 'exit');
  expect([code, web.output()]).toEqual([78, expect.stringMatching(/APP_URL[^]*ALLOW_HTTP=1/)]);
});
