/** Buckets that are kept at once; past it, those that have filled up again are forgotten. */
const BUCKETS_KEPT = 50_000;

type Bucket = { tokens: number; at: number };

/** What a caller may still do: printed in `RateLimit` and `RateLimit-Policy`. */
export type Allowance = { allowed: boolean; retryAfterSeconds: number; headers: Record<string, string> };

/**
 * Token buckets (one a team, or an address) of this process: `perSecond` tokens flow in, at most twice as many are held.
 * The fields are those of draft-ietf-httpapi-ratelimit-headers: quota, window and what remains.
 */
export function makeLimiter(policy: string, perSecond: number) {
  const burst = perSecond * 2;
  const buckets = new Map<string, Bucket>();
  return function take(key: string, cost = 1, now = performance.now()): Allowance {
    const bucket = buckets.get(key) ?? { tokens: burst, at: now };
    const tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
    const allowed = tokens >= Math.min(cost, burst);
    const left = allowed ? tokens - cost : tokens;
    buckets.set(key, { tokens: left, at: now });
    if (buckets.size > BUCKETS_KEPT) forgetFull(buckets, now, perSecond, burst);
    const missing = Math.max(0, cost - left);
    return {
      allowed,
      retryAfterSeconds: Math.max(1, Math.ceil(missing / perSecond)),
      headers: {
        'RateLimit-Policy': `"${policy}";q=${Math.floor(burst)};w=2`,
        RateLimit: `"${policy}";r=${Math.max(0, Math.floor(left))};t=${Math.max(0, Math.ceil((burst - left) / perSecond))}`,
      },
    };
  };
}

function forgetFull(buckets: Map<string, Bucket>, now: number, perSecond: number, burst: number): void {
  for (const [key, { tokens, at }] of buckets) {
    if (tokens + ((now - at) / 1000) * perSecond >= burst) buckets.delete(key);
  }
}
