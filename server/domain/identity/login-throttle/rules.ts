import ipaddr from 'ipaddr.js';

const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * Attempts (`points`) per period in seconds (`duration`), from the first attempt. `both`: sign-in to one account from one
 * network; `address`: from one network; `account`: to one account from unknown networks; `code`: codes of one account;
 * `mailed`: links to one address; `asked`: links requested by one network; `setup`: setup codes.
 */
export const LIMITS = {
  both: { points: 10, duration: 15 * MINUTE },
  address: { points: 100, duration: 15 * MINUTE },
  account: { points: 100, duration: HOUR },
  code: { points: 20, duration: 24 * HOUR },
  mailed: { points: 5, duration: HOUR },
  asked: { points: 30, duration: HOUR },
  setup: { points: 20, duration: HOUR },
};

export type Limit = keyof typeof LIMITS;

/**
 * Returns the network by which attempts are counted: an IPv4 address, or the /64 of an IPv6 address, because one subscriber
 * has all addresses in it. An IPv4 address written as IPv6 is the same network; texts that are no address are one network.
 */
export function networkOf(address: string | null): string {
  if (address === null || !ipaddr.isValid(address)) return 'unknown';
  const ip = ipaddr.process(address);
  if (ip instanceof ipaddr.IPv4) return ip.toString();
  const groups = ip.parts.slice(0, 4).map((group) => group.toString(16));
  return `${groups.join(':')}::/64`;
}

/** Returns the form of an email under which attempts are counted, whether or not it has an account. */
export const normaliseAccount = (email: string): string => email.trim().normalize('NFKC').toLowerCase();
