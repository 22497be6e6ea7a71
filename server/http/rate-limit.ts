import type { Role } from '@/server/domain/core/actor';

/** The most buckets kept at once; beyond it, full buckets are dropped. */
const BUCKETS_KEPT = 50_000;

/** The inflow that a full bucket holds, in seconds. */
const BURST_SECONDS = 2;

/** The share of a team's bucket that all its members may use; the rest is reserved for owners. */
const MEMBERS_SHARE = 0.8;

/** The largest share of the team's bucket that one member may use. */
const MEMBER_SHARE = 0.25;

/** The result of a rate-limit check, printed in `RateLimit` and `RateLimit-Policy`. */
export type Allowance = { allowed: boolean; retryAfterSeconds: number; headers: Record<string, string> };

/**
 * Creates a limiter with one token bucket per caller: `perSecond` tokens flow in, and a bucket holds at most twice as
 * many. Header fields follow draft-ietf-httpapi-ratelimit-headers: quota, window and remaining.
 */
export function makeLimiter(policy: string, perSecond: number) {
  const buckets = makeBuckets(policy, perSecond);
  /**
   * Takes `cost` tokens for a key.
   * @param taken tokens that the same call has taken before
   */
  return (key: string, cost = 1, now = performance.now(), taken = 0): Allowance =>
    takeAll([buckets.draw(key, cost, now, taken)]);
}

/**
 * Creates a limiter for the keys of teams. An owner's call takes from the team's bucket. A member's call takes from its
 * own bucket, the shared one of the members and the team's, or from none of them.
 */
export function makeTeamLimiter(perSecond: number) {
  const team = makeBuckets('team', perSecond);
  const members = makeBuckets('members', perSecond * MEMBERS_SHARE);
  const member = makeBuckets('member', perSecond * MEMBER_SHARE);
  type Caller = { teamId: string; memberId: string; role: Role };
  /**
   * Takes `cost` tokens for a caller.
   * @param taken tokens that the same call has taken before
   */
  return ({ teamId, memberId, role }: Caller, cost = 1, now = performance.now(), taken = 0): Allowance => {
    const whole = team.draw(teamId, cost, now, taken);
    if (role === 'owner') return takeAll([whole]);
    return takeAll([member.draw(memberId, cost, now, taken), members.draw(teamId, cost, now, taken), whole]);
  };
}

/** A withdrawal from one bucket: whether the tokens are available, and how to settle it. */
type Draw = { isThere: boolean; settle: (isTaken: boolean) => { left: number; allowance: Allowance } };

/** Takes from every bucket, or from none if one holds too little. Reports the tightest bucket. */
function takeAll(draws: Draw[]): Allowance {
  const isTaken = draws.every(({ isThere }) => isThere);
  const settled = draws.map((draw) => ({ ...draw.settle(isTaken), isThere: draw.isThere }));
  const binding = isTaken ? settled : settled.filter(({ isThere }) => !isThere);
  const tightest = binding.reduce((a, b) => (b.left < a.left ? b : a));
  return { ...tightest.allowance, allowed: isTaken };
}

function makeBuckets(policy: string, perSecond: number) {
  const burst = perSecond * BURST_SECONDS;
  const buckets = new Map<string, { tokens: number; at: number }>();
  const tokensAt = (key: string, now: number): number => {
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    return Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  };
  const draw = (key: string, cost: number, now: number, taken = 0): Draw => {
    const tokens = tokensAt(key, now);
    const settle = (isTaken: boolean) => {
      const left = isTaken ? tokens - cost : tokens;
      buckets.set(key, { tokens: left, at: now });
      if (buckets.size > BUCKETS_KEPT) forgetFull(now);
      const headers = {
        'RateLimit-Policy': `"${policy}";q=${Math.floor(burst)};w=${BURST_SECONDS}`,
        RateLimit: `"${policy}";r=${Math.max(0, Math.floor(left))};t=${Math.max(0, Math.ceil((burst - left) / perSecond))}`,
      };
      const retryAfterSeconds = Math.max(1, Math.ceil((cost - left) / perSecond));
      return { left, allowance: { allowed: isTaken, retryAfterSeconds, headers } };
    };
    // A call that costs more than the bucket's capacity passes if the bucket is full except for what the same call has
    // taken; the debt then delays later calls.
    return { isThere: cost === 0 || tokens >= Math.min(cost, burst - taken), settle };
  };
  const forgetFull = (now: number) => {
    for (const key of buckets.keys()) if (tokensAt(key, now) >= burst) buckets.delete(key);
  };
  return { draw };
}
