import type { Route } from '@/server/domain/core/routes';

/** The facts of a message by which its routes are chosen. */
export type Routed = { to: string; from: string; country: string };

/** Returns the carriers for a message in the order in which they are tried, each once. */
export const carriersFor = (message: Routed, routes: readonly Route[]): string[] => [
  ...new Set(routes.filter((route) => matches(route, message)).map(({ carrier }) => carrier)),
];

const matches = ({ countries, prefixes, senders }: Route, { to, from, country }: Routed): boolean =>
  (countries?.includes(country) ?? true) &&
  (prefixes?.some((prefix) => to.startsWith(prefix)) ?? true) &&
  (senders?.includes(from) ?? true);

const FIRST_WAIT_MS = 2_000;
const LONGEST_WAIT_MS = 600_000;

/**
 * Returns the time before the next attempt in milliseconds: twice as long after each failed one, at most ten minutes.
 * @param failed the attempts so far, this one included
 */
export const waitAfter = (failed: number): number => Math.min(FIRST_WAIT_MS * 2 ** (failed - 1), LONGEST_WAIT_MS);
