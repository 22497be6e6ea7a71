import { describe, expect, it } from 'vitest';
import { makeLimiter, makeTeamLimiter } from '@/server/http/rate-limit';
import { networkOf } from '@/server/domain/identity/login-throttle/rules';
import { makeTeam } from '../support/team';
import { expectProblem, useApi } from '../support/api-client';

// Set before the first request of this file reads the settings.
const PER_SECOND = 5;
process.env['RATE_LIMIT'] = String(PER_SECOND);

const as = useApi();

describe('a bucket', () => {
  it('holds twice the refill of a second, however long it rests', () => {
    const take = makeLimiter('team', 10);
    const at = (ms: number) => take('a', 1, ms).allowed;
    expect(Array.from({ length: 21 }, () => at(0))).toEqual([...Array<boolean>(20).fill(true), false]);
    expect([at(99), at(100), at(100)]).toEqual([false, true, false]);
    expect(Array.from({ length: 21 }, () => at(3_600_000)).filter(Boolean)).toHaveLength(20);
  });

  it('is separate for each team', () => {
    const take = makeLimiter('team', 1);
    expect([take('a', 2, 0).allowed, take('a', 1, 0).allowed, take('b', 1, 0).allowed]).toEqual([true, false, true]);
  });

  it('reports the policy, the remaining requests and the time to wait', () => {
    const take = makeLimiter('team', 10);
    expect(take('a', 1, 0).headers).toEqual({ 'RateLimit-Policy': '"team";q=20;w=2', RateLimit: '"team";r=19;t=1' });
    const expensive = take('a', 30, 0);
    expect(expensive.allowed).toBe(false);
    expect(take('a', 20, 2000).headers['RateLimit']).toBe('"team";r=0;t=2');
    expect(take('a', 1, 2000)).toMatchObject({ allowed: false, retryAfterSeconds: 1 });
  });

  it('lets a call that costs more than its capacity pass when it is full, and then recovers the whole cost', () => {
    const take = makeLimiter('team', 1);
    expect(take('a', 5, 0).allowed).toBe(true);
    expect(take('a', 1, 3_000).allowed).toBe(false);
    expect(take('a', 1, 4_000).allowed).toBe(true);
  });

  it('reports how long to wait until the call passes, and then it passes', () => {
    const take = makeLimiter('team', 2);
    for (let i = 0; i < 4; i++) take('a', 1, 0);
    const { allowed, retryAfterSeconds } = take('a', 3, 0);
    expect([allowed, retryAfterSeconds]).toEqual([false, 2]);
    expect(take('a', 3, retryAfterSeconds * 1000).allowed).toBe(true);
  });

  it('forgets the buckets that are full again and keeps all others', () => {
    const take = makeLimiter('address', 1);
    take('busy', 2, 10_000);
    for (let i = 0; i < 50_010; i++) take(`${i}`, 1, 0);
    for (let i = 0; i < 10; i++) take(`late ${i}`, 1, 10_000);
    expect(take('busy', 1, 10_000).allowed).toBe(false);
  });
});

describe('the buckets of a team', () => {
  const owner = { teamId: 'team', memberId: 'owner', role: 'owner' as const };
  const member = (n: number) => ({ teamId: 'team', memberId: `member ${n}`, role: 'member' as const });
  const passed = (calls: { allowed: boolean }[]) => calls.filter(({ allowed }) => allowed).length;
  const many = (n: number, call: (i: number) => { allowed: boolean }) =>
    passed(Array.from({ length: n }, (_, i) => call(i)));

  it('give one member a quarter of the team’s rate, all members four fifths, and reserve the rest for owners', () => {
    const take = makeTeamLimiter(100);
    expect(many(1_200, () => take(member(1), 1, 0))).toBe(50);
    expect(many(1_200, (i) => take(member(2 + (i % 9)), 1, 0))).toBe(110);
    expect(many(1_200, () => take(owner, 1, 0))).toBe(40);
  });

  it('charge nothing for a refused call', () => {
    const take = makeTeamLimiter(100);
    many(1_000, () => take(member(1), 1, 0));
    expect(many(1_000, () => take(owner, 1, 0))).toBe(150);
    expect(take(member(2), 1, 0).allowed).toBe(false);
    // Member 2 waits for the team's bucket: a call each hundredth of a second.
    expect(take(member(2), 1, 10).allowed).toBe(true);
  });

  it('report the values of the tightest bucket', () => {
    const take = makeTeamLimiter(100);
    expect(take(owner, 1, 0).headers).toMatchObject({ RateLimit: '"team";r=199;t=1' });
    expect(take(member(1), 1, 0).headers).toEqual({
      'RateLimit-Policy': '"member";q=50;w=2',
      RateLimit: '"member";r=49;t=1',
    });
    many(160, (i) => take(member(2 + (i % 9)), 1, 0));
    expect(take(member(1), 1, 0).headers['RateLimit-Policy']).toBe('"members";q=160;w=2');
  });

  it.each([0.5, 1, 1.9, 10, 20, 200])(
    'let every kind of member call pass at some pace, at %s a second',
    (perSecond) => {
      const take = makeTeamLimiter(perSecond);
      let now = 0;
      // The API takes one for the call, then the additional cost of its body.
      const passes = (extra: number) => take(member(1), 1, now).allowed && take(member(1), extra, now, 1).allowed;
      for (const extra of [0, 10, 0]) {
        now += 1_000_000;
        expect(passes(extra), `a call that costs 1 + ${extra}`).toBe(true);
      }
    },
  );

  it('let a member’s batch that costs more than its share holds pass once that share is full', () => {
    const take = makeTeamLimiter(10);
    expect(take(member(1), 11, 0).allowed).toBe(true);
    expect(take(member(1), 1, 1_000).allowed).toBe(false);
  });
});

describe('a team above its rate limit', () => {
  it('gets 429 with Retry-After, and does not slow another team down', async () => {
    const [busy, calm] = [await makeTeam(), await makeTeam()];
    const answers = await Promise.all(Array.from({ length: 12 * PER_SECOND }, () => as(busy.ownerKey).get('/me')));
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThanOrEqual(2 * PER_SECOND);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expectProblem(answer, 'rate_limited');
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
      expect(answer.headers.get('ratelimit')).toMatch(/^"team";r=0;/);
    }
    expect((await as(calm.ownerKey).get('/me')).status).toBe(200);
    await expect.poll(async () => (await as(busy.ownerKey).get('/me')).status, { timeout: 60_000 }).toBe(200);
  });

  it('changes nothing with a refused call', async () => {
    const team = await makeTeam();
    const answers = await Promise.all(
      Array.from({ length: 12 * PER_SECOND }, () => as(team.ownerKey).post('/members')),
    );
    const made = answers.filter(({ status }) => status === 201).length;
    expect(made).toBeLessThan(12 * PER_SECOND);
    await expect
      .poll(async () => (await as(team.ownerKey).get('/members')).body.data?.length, { timeout: 60_000 })
      .toBe(made + 1);
  });
});

describe('a member above its rate limit', () => {
  it('is refused, and leaves requests for its owner and for another member', async () => {
    const team = await makeTeam();
    const [loud, calm] = await Promise.all(
      [0, 1].map(async () => (await as(team.ownerKey).post('/members')).body.secrets.apiKey as string),
    );
    const answers = await Promise.all(Array.from({ length: 12 * PER_SECOND }, () => as(loud!).get('/me')));
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(8 * PER_SECOND);
    expect((await as(calm!).get('/me')).status).toBe(200);
    expect((await as(team.ownerKey).get('/me')).status).toBe(200);
  });
});

/** Calls until one is refused; on a slow machine the bucket refills meanwhile, so there are several rounds. */
async function statusesOfFlood(call: (i: number) => Promise<{ status: number }>): Promise<Set<number>> {
  const met = new Set<number>();
  for (let round = 0; round < 20 && !met.has(429); round += 1) {
    const answers = await Promise.all(Array.from({ length: 12 * PER_SECOND }, (_, i) => call(i)));
    for (const { status } of answers) met.add(status);
  }
  return met;
}

describe('an address that calls without a valid key', () => {
  it('gets 429 too, whatever it calls', async () => {
    expect(await statusesOfFlood((i) => as(i % 2 ? null : 'nonsense').get('/me'))).toEqual(new Set([401, 429]));
  });

  it.each([
    ['unknown paths', 'GET', '/nothing', 404],
    ['wrong methods', 'DELETE', '/messages', 405],
    ['OPTIONS', 'OPTIONS', '/me', 204],
  ])('gets 429 for %s too', async (_what, method, path, status) => {
    // The test before may have left the address nothing.
    await expect.poll(async () => (await as(null).call(method, path)).status, { timeout: 60_000 }).toBe(status);
    expect(await statusesOfFlood(() => as(null).call(method, path))).toContain(429);
  });

  it('counts as the whole network of an IPv6 subscriber, and as one address in IPv4', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2:ffff::1'));
    expect(networkOf('2001:db8:1:3::1')).not.toBe(networkOf('2001:db8:1:2::1'));
    expect(networkOf('::ffff:192.0.2.1')).toBe('192.0.2.1');
    expect(networkOf('::ffff:192.0.2.1')).not.toBe(networkOf('::ffff:192.0.2.2'));
  });
});
