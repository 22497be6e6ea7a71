declare const brand: unique symbol;

/** The id (UUID) of a team after authentication. Reads and writes take this type, so a bare string cannot name a team. */
export type TeamId = string & { readonly [brand]: 'TeamId' };

/** Marks a team's UUID as checked. Called only where sessions, API keys and the operator's commands are authenticated. */
export function asTeamId(uuid: string): TeamId {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- a branded type cannot be made without a cast
  return uuid as TeamId;
}

/** The prefixes of external ids, fixed by the API. */
export type IdPrefix =
  | 'team'
  | 'usr'
  | 'mem'
  | 'key'
  | 'inv'
  | 'msg'
  | 'trf'
  | 'rce'
  | 'whk'
  | 'evt'
  | 'dlv'
  | 'aud'
  | 'ses'
  | 'req';

/**
 * Prints a UUID as the API shows it: `mem_` + 26 lower-case characters of Crockford base32 (the TypeID rule: 128 bits
 * behind two zero bits), so that text order is UUID order.
 * @throws RangeError if `uuid` is not a UUID
 */
export function printId(prefix: IdPrefix, uuid: string): string {
  if (!UUID.test(uuid)) throw new RangeError('Not a UUID');
  let text = `${prefix}_`;
  // Converts digit by digit instead of using a bigint: a page of a list prints a hundred ids.
  let [rest, bits] = [0, 2];
  for (let i = 0; i < uuid.length; i += 1) {
    const code = uuid.charCodeAt(i);
    if (code === HYPHEN) continue;
    // '0'…'9', else 'a'…'f' in either case.
    rest = (rest << 4) | (code < 58 ? code - 48 : (code | 32) - 87);
    bits += 4;
    if (bits < 5) continue;
    bits -= 5;
    text += BASE32.charAt(rest >> bits);
    rest &= (1 << bits) - 1;
  }
  return text;
}

/** Reads an external id with this prefix and returns its UUID in lower case, or null for any other text. */
export function parseId(prefix: IdPrefix, text: string): string | null {
  if (!text.startsWith(`${prefix}_`)) return null;
  const body = text.slice(prefix.length + 1);
  if (!ID_BODY.test(body)) return null;
  let value = 0n;
  for (const char of body) value = (value << 5n) | BigInt(BASE32.indexOf(char));
  return printUuid(value);
}

/** Returns a new request id in its printed form. */
export const newRequestId = (): string => printId('req', newUuid7());

/** Returns the regular expression of ids with this prefix, for the OpenAPI document. */
export const idPattern = (prefix: IdPrefix): string => `^${prefix}_[0-7][0-9a-hjkmnp-tv-z]{25}$`;

const HYPHEN = 45;
const BASE32 = '0123456789abcdefghjkmnpqrstvwxyz';
const ID_BODY = /^[0-7][0-9a-hjkmnp-tv-z]{25}$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Returns a new UUID version 7 (RFC 9562) for a time. Ids made in the same millisecond keep their order within this
 * process, so a batch is listed in the order of sending.
 */
export function newUuid7(now: Date = new Date()): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  const { ms, count } = nextTick(now.getTime(), ((random[8] ?? 0) << 3) | ((random[9] ?? 0) >> 5));
  let tail = 0n;
  for (const byte of random.subarray(0, 8)) tail = (tail << 8n) | BigInt(byte);
  const value = (BigInt(ms) << 80n) | (7n << 76n) | (BigInt(count) << 64n) | (2n << 62n) | (tail & ((1n << 62n) - 1n));
  return printUuid(value);
}

/** Returns the time in a UUID version 7. */
export const timeOfUuid7 = (uuid: string): Date => new Date(Number.parseInt(uuid.slice(0, 8) + uuid.slice(9, 13), 16));

/** Returns the UUID that follows another in sort order. */
export const nextUuid = (uuid: string): string => printUuid(BigInt(`0x${uuid.replaceAll('-', '')}`) + 1n);

let last = { asked: -1, ms: -1, count: 0 };

// RFC 9562, 6.2, method 1: rand_a counts within one millisecond from a random start below half; when it is full, the
// next millisecond is borrowed.
function nextTick(asked: number, start: number): { ms: number; count: number } {
  if (asked !== last.asked) last = { asked, ms: asked, count: start };
  else if (last.count < 0xfff) last = { asked, ms: last.ms, count: last.count + 1 };
  else last = { asked, ms: last.ms + 1, count: start };
  return last;
}

function printUuid(value: bigint): string {
  const hex = value.toString(16).padStart(32, '0');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
