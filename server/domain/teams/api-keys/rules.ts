import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** Stands before every key, so that a secret scanner and a person know what it is. */
export const KEY_MARK = 'pur_live_';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const SECRET_LENGTH = 32;
const CHECKSUM_LENGTH = 6;
const WELL_FORMED = new RegExp(`^${KEY_MARK}[0-9A-Za-z]{${SECRET_LENGTH + CHECKSUM_LENGTH}}$`);

/**
 * Makes an API key: the mark, 32 random base62 characters (190 bits), 6 base62 characters of CRC32 over all before.
 * `random` is the source of bytes, named only by tests.
 */
export function makeKey(random: (size: number) => Uint8Array = randomBytes): string {
  const start = KEY_MARK + randomBase62(SECRET_LENGTH, random);
  return start + checksum(start);
}

/** Whether the text has a key's shape and its checksum is right: refuses typos and other secrets without the database. */
export function isWellFormedKey(text: string): boolean {
  if (!WELL_FORMED.test(text)) return false;
  const end = text.length - CHECKSUM_LENGTH;
  return text.slice(end) === checksum(text.slice(0, end));
}

/** What may be shown of a key in lists: the mark and four characters of 32. */
export function keyPrefix(key: string): string {
  return key.slice(0, KEY_MARK.length + 4);
}

/** The key's last four characters, of its checksum: they tell two keys apart and give nothing of the secret's start. */
export function keyLast4(key: string): string {
  return key.slice(-4);
}

// A byte of 248 or more is thrown away: 256 is no multiple of 62, and taking the rest of it would favour some letters.
function randomBase62(length: number, random: (size: number) => Uint8Array): string {
  let text = '';
  while (text.length < length) {
    for (const byte of random(length - text.length)) {
      if (byte < 248) text += BASE62.charAt(byte % 62);
    }
  }
  return text;
}

// 62^6 is above 2^32, so six characters always hold the sum.
function checksum(text: string): string {
  let rest = crc32(text);
  let out = '';
  for (let i = 0; i < CHECKSUM_LENGTH; i += 1) {
    out = BASE62.charAt(rest % 62) + out;
    rest = Math.floor(rest / 62);
  }
  return out;
}
