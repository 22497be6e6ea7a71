import { request } from 'node:http';
import { expect, runningProduct, test } from './support/browser';
import { createTeamByCommand, type Team } from './support/product';

const { url } = runningProduct();

/** The longest response time of `/api/health` during an attack, in milliseconds. */
const HEALTHY_MS = 500;

const MARKS = '\u0315'.repeat(70_000) + '\u0316'.repeat(70_000);

let calm: Team;
test.beforeAll(async () => {
  calm = await createTeamByCommand('Calm', '10.00');
});

/** Returns the slowest response of `/api/health` during an attack, and the statuses that another team receives. */
async function during(attack: () => Promise<unknown>): Promise<{ slowest: number; statuses: Set<number> }> {
  const attacked = attack();
  const state = { isOver: false };
  const over = () => (state.isOver = true);
  attacked.then(over, over);
  let slowest = 0;
  const statuses = new Set<number>();
  while (!state.isOver) {
    const began = performance.now();
    await (await fetch(`${url}/api/health`)).text();
    slowest = Math.max(slowest, performance.now() - began);
    const answer = await fetch(`${url}/api/v1/me`, { headers: { Authorization: `Bearer ${calm.apiKey}` } });
    await answer.text();
    statuses.add(answer.status);
  }
  await attacked;
  return { slowest, statuses };
}

const post = (path: string, body: object): Promise<Response> =>
  fetch(`${url}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Origin: url },
    body: JSON.stringify(body),
  });

/** The number of concurrent requests: more would only queue in this process and distort its measurements. */
const AT_ONCE = 16;

async function manyOf(n: number, work: (i: number) => Promise<Response>): Promise<number[]> {
  const met: number[] = [];
  let next = 0;
  const lane = async () => {
    while (next < n) {
      const answer = await work(next++);
      await answer.text();
      met.push(answer.status);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return met;
}

const ATTACKS: [string, () => Promise<number[]>, number[]][] = [
  [
    'texts that are expensive to normalise, sent by a visitor',
    () =>
      manyOf(20, (i) =>
        i % 2
          ? post('/api/trpc/access.requestPasswordReset', { email: MARKS })
          : post('/api/trpc/joining.acceptInvitation', {
              token: MARKS,
              name: MARKS,
              password: MARKS,
            }),
      ),
    [400, 429],
  ],
  [
    'thousands of procedures in one request, with encoded and plain commas',
    () =>
      manyOf(20, (i) =>
        fetch(`${url}/api/trpc/${Array.from({ length: 4_000 }, () => 'a').join(i % 2 ? ',' : '%2C')}?batch=1`),
      ),
    [400],
  ],
  ['unknown paths of the API', () => manyOf(400, (i) => fetch(`${url}/api/v1/nothing/${i}`)), [404, 429]],
  [
    'sign-in attempts, each of which hashes a password',
    async () => {
      const answer = await fetch(`${url}/api/auth/csrf`);
      const { csrfToken }: { csrfToken: string } = await answer.json();
      const Cookie = answer.headers
        .getSetCookie()
        .map((cookie) => cookie.split(';', 1)[0])
        .join('; ');
      return manyOf(60, (i) =>
        fetch(`${url}/api/auth/callback/credentials`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/x-www-form-urlencoded', Origin: url, Cookie },
          body: new URLSearchParams({
            email: `no-${i}@example.test`,
            password: 'a fine password',
            csrfToken,
            json: 'true',
          }),
        }),
      );
    },
    [401, 429, 503],
  ],
];

test.describe('an attack without a key', () => {
  for (const [what, attack, expected] of ATTACKS)
    test(`with ${what} does not block the server`, async () => {
      const slowest: number[] = [];
      // A busy machine is slow now and then; an attack that blocks the server is slow each time.
      for (let i = 0; i < 3 && !slowest.some((ms) => ms < HEALTHY_MS); i += 1) {
        let met: number[] = [];
        const health = await during(async () => (met = await attack()));
        expect(met.filter((status) => !expected.includes(status))).toEqual([]);
        expect([...health.statuses]).toEqual([200]);
        slowest.push(health.slowest);
      }
      expect(Math.min(...slowest)).toBeLessThan(HEALTHY_MS);
    });

  test('uses one rate-limit bucket, however the path is spelled', async () => {
    const spellings = ['/api/./v1/me', '/api//v1/me', '/api/%2e/v1/me', '/api/v1%2fme', '/api/%761/me', '/api/v1/m%65'];
    const answers = await Promise.all(spellings.map((path) => rawGet(path)));
    const limits = answers.map(({ status, policy }) => [status, policy?.split(';')[0]]);
    expect(limits).toEqual([
      [404, '"address"'],
      [404, '"address"'],
      [404, '"address"'],
      [404, '"address"'],
      [200, '"team"'],
      [200, '"team"'],
    ]);
  });
});

/** Sends a request with a key, whose path is sent exactly as written. */
function rawGet(path: string): Promise<{ status: number; policy: string | undefined }> {
  const { hostname, port } = new URL(url);
  const headers = { Authorization: `Bearer ${calm.apiKey}` };
  return new Promise((resolve, reject) => {
    request({ hostname, port, path, headers, agent: false }, (response) => {
      response.resume().on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          policy: response.headers['ratelimit-policy'] as string | undefined,
        }),
      );
    })
      .on('error', reject)
      .end();
  });
}
