import type { Vault } from '../vault';

/** How long a signed-in browser stays so. */
export const SESSION_DAYS = 30;

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/** How many sign-ins may fail, in how many seconds from the first: of one account from one address, and of either alone. */
export const LIMITS = {
  both: { points: 10, duration: 15 * MINUTE },
  address: { points: 100, duration: 15 * MINUTE },
  account: { points: 100, duration: HOUR },
};

/**
 * The address by which tries are counted: of IPv6 the network, since one subscriber has all the addresses in it. The
 * unknown ones count as one.
 */
export function networkOf(address: string | null): string {
  if (address === null || address === '') return 'unknown';
  if (!address.includes(':')) return address;
  const [head = '', tail] = address.split('%', 1)[0]!.split('::');
  const groups = head === '' ? [] : head.split(':');
  const rest = tail ? tail.split(':').length + (tail.includes('.') ? 1 : 0) : 0;
  const zeros = tail === undefined ? 0 : 8 - groups.length - rest;
  const whole = [...groups, ...Array.from({ length: zeros }, () => '0'), ...(tail ? tail.split(':') : [])];
  return `${whole
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/** The one account under which an address is counted, known or not. */
export const normaliseAccount = (email: string): string => email.trim().normalize('NFKC').toLowerCase();

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
