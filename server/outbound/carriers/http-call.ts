import type { Targets } from '../targets';
import type { Outcome } from './carrier';

/** An HTTP request to a carrier. */
export type HttpCall = {
  method: 'GET' | 'POST';
  url: string;
  headers?: Record<string, string>;
  body?: string;
};

/** A complete answer. `retryAfterMs` is the carrier's Retry-After, in milliseconds. */
export type HttpAnswer = { status: number; body: string; retryAfterMs?: number };

/** The longest answer that is read, in bytes. */
const ANSWER_MAX = 64 * 1024;

/** Faults before the first byte was written: the carrier cannot have taken the message. */
const UNSENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_INVALID_ARG',
  'TARGET_REFUSED',
  'CERT_HAS_EXPIRED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'ERR_TLS_CERT_ALTNAME_INVALID',
]);

/**
 * Calls a carrier and returns its answer, or the outcome if there is none: `delayed` if nothing was sent, otherwise
 * `unknown`. Redirects are not followed, because they could lead to a host that may not be called.
 */
export async function callCarrier(
  call: HttpCall,
  { targets, timeoutMs }: { targets: Targets; timeoutMs: number },
): Promise<HttpAnswer | Outcome> {
  const { url, ...options } = call;
  const refusal = URL.canParse(url) ? targets.refusalOf(new URL(url)) : 'The URL is invalid.';
  if (refusal !== null) return { outcome: 'delayed', detail: refusal };
  try {
    const [{ request }, dispatcher] = await Promise.all([import('undici'), targets.dispatcher()]);
    const answer = await request(url, {
      ...options,
      dispatcher,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of answer.body as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > ANSWER_MAX) return { outcome: 'unknown', detail: 'The answer was too long.' };
      chunks.push(chunk);
    }
    const retryAfterMs = parseRetryAfter(answer.headers['retry-after']);
    return {
      status: answer.statusCode,
      body: Buffer.concat(chunks).toString('utf8'),
      ...(retryAfterMs !== null && { retryAfterMs }),
    };
  } catch (error) {
    return { outcome: isUnsent(error) ? 'delayed' : 'unknown', detail: faultText(error) };
  }
}

/** Reads Retry-After (RFC 9110, section 10.2.3), seconds or a date, as milliseconds from now. */
export function parseRetryAfter(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string') return null;
  if (/^\d{1,6}$/.test(header.trim())) return Number(header) * 1_000;
  const at = Date.parse(header);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

/** Returns each error of a chain: several addresses of a host fail together, in an AggregateError. */
function* causes(error: unknown): Generator<{ code?: unknown; message?: unknown }> {
  if (typeof error !== 'object' || error === null) return;
  yield error;
  if (error instanceof AggregateError) for (const one of error.errors) yield* causes(one);
  if ('cause' in error) yield* causes(error.cause);
}

const isUnsent = (error: unknown): boolean =>
  [...causes(error)].some(({ code }) => typeof code === 'string' && UNSENT.has(code));

/** Describes a network fault in a few words, without URLs, which contain credentials at some carriers. */
function faultText(error: unknown): string {
  if (error instanceof Error && error.name === 'TargetRefused') return error.message;
  if (error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError'))
    return 'The carrier did not answer in time.';
  const code = [...causes(error)].map((one) => one.code).find((one) => typeof one === 'string');
  return `The connection failed (${code ?? 'unknown fault'}).`;
}

/** Runs a function over values, at most `limit` at once, and returns the results in the same order. */
export async function mapLimited<T, R>(values: T[], limit: number, run: (value: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const entries = values.entries();
  await Promise.all(
    Array.from({ length: Math.min(limit, values.length) }, async () => {
      // Workers share one iterator, so each takes the next value that no other has.
      for (const [index, value] of entries) results[index] = await run(value);
    }),
  );
  return results;
}

/** The state of a carrier without a standing connection: that of its latest call. */
export class CallHealth {
  private fault: string | null = null;

  /** Records an answer or the outcome of a call without one. */
  record(answer: HttpAnswer | Outcome): void {
    this.fault = 'status' in answer || !('detail' in answer) ? null : answer.detail;
  }

  state(): { connected: boolean; detail: string | null } {
    return { connected: this.fault === null, detail: this.fault };
  }
}
