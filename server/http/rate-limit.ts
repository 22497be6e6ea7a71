import type { Role } from '@/server/domain/core/actor';

/** Buckets that are kept at once; past it, those that have filled up again are forgotten. */
const BUCKETS_KEPT = 50_000;

/** A full bucket holds what flows in during so many seconds. */
const BURST_SECONDS = 2;

/** What all members of a team share of its bucket; the rest is always free for owners. */
const MEMBERS_SHARE = 0.8;

/** What one member may take of its team's bucket at most. */
const MEMBER_SHARE = 0.25;

/** What a caller may still do: printed in `RateLimit` and `RateLimit-Policy`. */
export type Allowance = { allowed: boolean; retryAfterSeconds: number; headers: Record<string, string> };

/**
 * Makes the limit of one process for many callers, a token bucket each: `perSecond` tokens flow in, at most twice as many
 * are held. The header fields are those of draft-ietf-httpapi-ratelimit-headers: quota, window and what remains.
 */
export function makeLimiter(policy: string, perSecond: number) {
  const buckets = makeBuckets(policy, perSecond);
  /** @param taken what the same call has taken before */
  return (key: string, cost = 1, now = performance.now(), taken = 0): Allowance =>
    takeAll([buckets.draw(key, cost, now, taken)]);
}

/**
 * Makes the limit of one process for the keys of teams. A call of an owner takes from the team's bucket. A call of a member
 * takes from its own, from the one that the members share, and from the team's, or from none of them.
 */
export function makeTeamLimiter(perSecond: number) {
  const team = makeBuckets('team', perSecond);
  const members = makeBuckets('members', perSecond * MEMBERS_SHARE);
  const member = makeBuckets('member', perSecond * MEMBER_SHARE);
  type Caller = { teamId: string; memberId: string; role: Role };
  /** @param taken what the same call has taken before */
  return ({ teamId, memberId, role }: Caller, cost = 1, now = performance.now(), taken = 0): Allowance => {
    const whole = team.draw(teamId, cost, now, taken);
    if (role === 'owner') return takeAll([whole]);
    return takeAll([member.draw(memberId, cost, now, taken), members.draw(teamId, cost, now, taken), whole]);
  };
}

/** The part of one bucket that a call would take: whether it is there, and what is left when it is taken or not. */
type Draw = { isThere: boolean; settle: (isTaken: boolean) => { left: number; allowance: Allowance } };

/** Takes from every bucket, or from none when one does not hold enough. Says what the tightest of them says. */
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
    // A call that costs more than a bucket ever holds passes when that is full but for what the same call has taken before,
    // and is waited off afterwards.
    return { isThere: cost === 0 || tokens >= Math.min(cost, burst - taken), settle };
  };
  const forgetFull = (now: number) => {
    for (const key of buckets.keys()) if (tokensAt(key, now) >= burst) buckets.delete(key);
  };
  return { draw };
}
