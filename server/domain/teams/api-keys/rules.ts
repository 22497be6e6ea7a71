import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** The prefix of every key, by which people and secret scanners recognise it. */
export const KEY_MARK = 'pur_live_';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const WELL_FORMED = new RegExp(`^${KEY_MARK}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * Generates an API key: the prefix, 32 random base62 characters (190 bits) and 6 base62 characters of CRC32 over the
 * rest.
 * @param random source of random bytes; only tests pass one
 */
export function makeKey(random: (size: number) => Uint8Array = randomBytes): string {
  const start = KEY_MARK + randomBase62(SECRET_LENGTH, random);
  return start + checksum(start);
}

/**
 * Returns whether a text has the shape and the checksum of a key. Refuses typos and other secrets without the database.
 */
export function isWellFormedKey(text: string): boolean {
  if (!WELL_FORMED.test(text)) return false;
  const end = text.length - CHECKSUM_LENGTH;
  return text.slice(end) === checksum(text.slice(0, end));
}

/** Returns the part of a key that lists show: the prefix and four of its 32 random characters. */
export function keyPrefix(key: string): string {
  return key.slice(0, KEY_MARK.length + 4);
}

/**
 * Returns the last four characters of a key. They belong to the checksum, so they reveal nothing of the secret itself.
 */
export function keyLast4(key: string): string {
  return key.slice(-4);
}

// Bytes from 248 up are skipped: 256 is not a multiple of 62, so taking them modulo 62 would favour some characters.
function randomBase62(length: number, random: (size: number) => Uint8Array): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length - text.length)) {
      if (byte < 248) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

// Six characters always hold the sum, because 62^6 is above 2^32.
function checksum(text: string): string {
  let rest = crc32(text);
  let out = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    out = BASE62.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}
