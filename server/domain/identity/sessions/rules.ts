import type { Vault } from '@/server/domain/core/crypto';

/** Days after which a session expires. */
export const SESSION_DAYS = 30;

/** Minutes between two updates of a session's time of last use, so that few requests write. */
export const SEEN_EVERY_MINUTES = 60;

/**
 * The hash of a random password. It is verified for an unknown email, so that the response takes as long as for a known
 * one.
 */
export const DUMMY_HASH =
  '$argon2id$v=19$m=65536,t=3,p=4$e7GQvgVDjGGOAVejD3VFmQ$1dJ6xpnYPNCfKd7ZxNQrUBRPwooaXT64+yruUFU8AuA';

/** The email of the demo's first owner, to which nothing can be sent. */
export const DEMO_EMAIL = 'owner@demo.invalid';

/** Returns the sign-in of the demo's first owner. The password is derived from the installation's secret. */
export const demoSignIn = (vault: Vault): { email: string; password: string } => ({
  email: DEMO_EMAIL,
  password: vault.secretFor('demo-owner').slice(0, 16),
});

const BROWSERS: [RegExp, string][] = [
  [/\bEdgA?\//, 'Edge'],
  [/\bOPR\//, 'Opera'],
  [/\b(Firefox|FxiOS)\//, 'Firefox'],
  [/\b(Chrome|CriOS|HeadlessChrome)\//, 'Chrome'],
  [/\bSafari\//, 'Safari'],
];
const SYSTEMS: [RegExp, string][] = [
  [/\b(iPhone|iPad)\b/, 'iOS'],
  [/\bAndroid\b/, 'Android'],
  [/\bWindows\b/, 'Windows'],
  [/\bMac OS X\b/, 'macOS'],
  [/\bCrOS\b/, 'ChromeOS'],
  [/\bLinux\b/, 'Linux'],
];

/** Returns the name of a browser by its user agent: "Chrome on Linux". */
export function describeAgent(agent: string | null): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([sign]) => sign.test(agent ?? ''))?.[1]);
  if (!browser) return system ? `Browser on ${system}` : 'Unknown browser';
  return system ? `${browser} on ${system}` : browser;
}
