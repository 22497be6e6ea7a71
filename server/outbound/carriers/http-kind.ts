import { z } from 'zod';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { Capabilities, Carrier, CarrierEnv, CarrierKind, Outcome } from './carrier';
import { callCarrier, CallHealth, mapLimited, type HttpAnswer, type HttpCall } from './http-call';

/** The settings that every provider has, besides its own. */
export const callSettings = {
  /** The most requests at a time. */
  concurrency: z.int().min(1).max(100).default(10),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
};

/** The base URL of a provider's API, which some providers have one of for each region. */
export const baseUrl = (url: string) =>
  z
    .url({ protocol: /^https?$/ })
    .max(500)
    .default(url);

type CallSettings = { concurrency: number; timeoutMs: number };

/** A provider with an HTTP API: one request a message. */
type Provider<S> = Pick<CarrierKind<S>, 'kind' | 'settings' | 'secretFields' | 'readCallback'> & {
  capabilities: Capabilities;
  /** Returns the request that submits a message. */
  request(message: OutgoingMessage, settings: S, callbackUrl: string | null): HttpCall;
  /** Reads the provider's answer. */
  readAnswer(answer: HttpAnswer, settings: S): Outcome;
};

/** Makes a kind of carrier from a provider's requests and answers. */
export function makeHttpKind<S extends CallSettings>(provider: Provider<S>): CarrierKind<S> {
  const { kind, settings: schema, secretFields, capabilities } = provider;
  const readCallback = provider.readCallback?.bind(provider);
  const make = (name: string, settings: S, env: CarrierEnv): Carrier => {
    const health = new CallHealth();
    return {
      name,
      capabilities,
      submit: (batch) =>
        mapLimited(batch, settings.concurrency, async (message) => {
          const call = provider.request(message, settings, env.callbackUrl);
          const answer = await callCarrier(call, { targets: env.targets, timeoutMs: settings.timeoutMs });
          health.record(answer);
          return { id: message.id, ...('outcome' in answer ? answer : provider.readAnswer(answer, settings)) };
        }),
      health: () => health.state(),
      close: () => Promise.resolve(),
    };
  };
  return { kind, settings: schema, secretFields, make, ...(readCallback && { readCallback }) };
}

/** Statuses that the operator or owner must act on: credentials, credit, or the URL. The message itself is not at fault. */
const ACCOUNT_STATUSES = new Set([401, 402, 403, 404, 405, 407]);

/** Statuses after which the provider may have taken the message although it answered with an error. */
const DOUBTFUL_STATUSES = new Set([408, 409, 425]);

/**
 * Returns the outcome of an answer that is not a success, by its HTTP status: 429 is `delayed`, 5xx is `unknown`, and any
 * other 4xx is `refused` with the provider's code.
 */
export function failureOutcome(
  answer: HttpAnswer,
  error: { code?: string | null; text?: string | null } = {},
): Outcome {
  const { status, retryAfterMs } = answer;
  const code = error.code ?? String(status);
  const detail = `The provider answered ${status}${error.text ? `: ${error.text.slice(0, 200)}` : '.'}`;
  if (status === 429) return { outcome: 'delayed', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  if (ACCOUNT_STATUSES.has(status)) return { outcome: 'delayed', detail };
  if (status < 400 || status >= 500 || DOUBTFUL_STATUSES.has(status)) return { outcome: 'unknown', detail };
  return { outcome: 'refused', code, detail };
}

/** Returns a successful answer's outcome, which is unknown if the answer lacks the provider's id. */
export function acceptedOutcome(ids: unknown[]): Outcome {
  const refs = ids.flatMap((id) =>
    typeof id === 'string' && id !== '' ? [id] : typeof id === 'number' ? [String(id)] : [],
  );
  return refs.length > 0
    ? { outcome: 'accepted', refs }
    : { outcome: 'unknown', detail: 'The provider answered with success, but without an id.' };
}

/** Returns the seconds until a message's validity ends, within a provider's limits, or null if it has none. */
export function validitySeconds({ validUntil }: OutgoingMessage, min: number, max: number): number | null {
  if (!validUntil) return null;
  return Math.min(max, Math.max(min, Math.floor((validUntil.getTime() - Date.now()) / 1_000)));
}

/** Returns a field as text: providers write numbers and texts alike. Null if it is neither. */
export function fieldText(value: unknown): string | null {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Returns the value at a path of names and indexes, or undefined. */
export function valueAt(value: unknown, ...path: (string | number)[]): unknown {
  let at = value;
  for (const step of path) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as Record<string | number, unknown>)[step];
  }
  return at;
}

/** Adds our id to a callback URL, for providers that return no reference of ours. */
export const withMessageId = (callbackUrl: string, id: string): string =>
  `${callbackUrl}${callbackUrl.includes('?') ? '&' : '?'}id=${id}`;
