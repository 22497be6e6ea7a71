import { timingSafeEqual } from 'node:crypto';
import type { CallbackRequest } from './carrier';

/** Compares two texts in constant time. */
export function isSameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

/**
 * Returns true if a request was sent to the carrier's own callback URL. Its path is unguessable, which authenticates
 * carriers that sign nothing.
 */
export function isForCallbackUrl(request: CallbackRequest, callbackUrl: string): boolean {
  const pathOf = (url: string): string => new URL(url, 'http://callback.invalid').pathname;
  return isSameText(pathOf(request.url), pathOf(callbackUrl));
}

/** Returns the parameters in the query of a request's URL. */
export const queryOf = ({ url }: CallbackRequest): URLSearchParams =>
  new URL(url, 'http://callback.invalid').searchParams;

/** Parses a JSON object; returns null for anything else. */
export function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** Matches our reference: the ids of the team and of the message, or of the message alone. */
const REFERENCE = new RegExp(`^(?:${UUID}\\.)?${UUID}$`);

/** Returns our reference in a carrier's field, or null if the field holds something else. */
export const messageIdIn = (value: unknown): string | null =>
  typeof value === 'string' && REFERENCE.test(value) ? value : null;

/** Returns the fields of a form that was posted. */
export const formOf = ({ body }: CallbackRequest): URLSearchParams => new URLSearchParams(body.toString('utf8'));

/** The greatest age of a signed callback, in seconds, so that a recorded one cannot be sent again later. */
const SIGNED_MAX_AGE_SECONDS = 300;

/** Returns true if a Unix time in seconds is at most five minutes from now. */
export function isRecent(seconds: string | undefined): boolean {
  return (
    seconds !== undefined &&
    /^\d{1,12}$/.test(seconds) &&
    Math.abs(Date.now() / 1_000 - Number(seconds)) <= SIGNED_MAX_AGE_SECONDS
  );
}
