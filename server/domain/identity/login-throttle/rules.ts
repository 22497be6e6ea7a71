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
 * has all addresses in it. Unknown addresses count as one network.
 */
export function networkOf(address: string | null): string {
  if (address === null || address === '') return 'unknown';
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(':')) return mapped ?? address;
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

/** Returns the form of an email under which attempts are counted, whether or not it has an account. */
export const normaliseAccount = (email: string): string => email.trim().normalize('NFKC').toLowerCase();
