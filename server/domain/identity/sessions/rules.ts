import type { Vault } from '@/server/domain/core/crypto';

/** How long a signed-in browser stays so. */
export const SESSION_DAYS = 30;
/** How long after its session was last noted to be in use a request notes it again: few requests write. */
export const SEEN_EVERY_MINUTES = 60;

/**
 * The hash of a password that nobody has, made as all are: what is checked for an unknown address, so that its answer
 * takes as long as that of a known one.
 */
export const NOBODYS_HASH =
  '$argon2id$v=19$m=65536,t=3,p=4$e7GQvgVDjGGOAVejD3VFmQ$1dJ6xpnYPNCfKd7ZxNQrUBRPwooaXT64+yruUFU8AuA';

/** The address of the demo's first owner, to which nothing can be mailed. */
export const DEMO_EMAIL = 'owner@demo.invalid';

/** How the first owner of the demo signs in. The password is one of this installation alone. */
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

/** A browser in words of ours, whatever it says of itself: "Chrome on Linux". */
export function describeAgent(agent: string | null): string {
  const [browser, system] = [BROWSERS, SYSTEMS].map((known) => known.find(([sign]) => sign.test(agent ?? ''))?.[1]);
  if (!browser) return system ? `A browser on ${system}` : 'An unknown browser';
  return system ? `${browser} on ${system}` : browser;
}
