const MINUTE = 60;
const HOUR = 60 * MINUTE;

/**
 * How many tries, in how many seconds from the first: to sign in to one account from one network, from one network, and to
 * one account from networks from which it is not known; to give a code of one account; to have links mailed to one address,
 * or asked for by one network; and to guess a code of set-up.
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
 * The address by which tries are counted: of IPv6 the network, since one subscriber has all the addresses in it. The
 * unknown ones count as one.
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

/** The one account under which an address is counted, known or not. */
export const normaliseAccount = (email: string): string => email.trim().normalize('NFKC').toLowerCase();
