/** Generates a password of 20 characters in four groups, "k7Rwd-3mXpa-…" (117 bits), without look-alike characters. */
export function generatePassword(): string {
  return (randomText(BASE58, 20).match(/.{5}/g) ?? []).join('-');
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

/** Generates a random text. Bytes that would favour the first letters of the alphabet are discarded. */
export function randomText(alphabet: string, length: number): string {
  const even = 256 - (256 % alphabet.length);
  let text = '';
  while (text.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length - text.length))) {
      if (byte < even) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}

export const MIN_PASSWORD_LENGTH = 12;

export const MAX_PASSWORD_LENGTH = 200;

/**
 * Returns whether a password is on the list of 49,000 common ones, in any case. Most of them are shorter than the minimum
 * length, so it also matches one that is extended by digits and signs ("Password1234!") or repeated.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  // zod calls this for too long texts as well, and the patterns below take quadratic time.
  if (password.length > MAX_PASSWORD_LENGTH) return false;
  const list = await commonPasswords();
  const text = password.toLowerCase();
  const unit = /^(.+?)\1+$/s.exec(text)?.[1] ?? text;
  const [, word = ''] = /^([\s\S]*?)[^\p{L}]*$/u.exec(unit) ?? [];
  return [text, unit, word].some((candidate) => candidate === '' || list.has(candidate));
}

let loading: Promise<ReadonlySet<string>> | undefined;

function commonPasswords(): Promise<ReadonlySet<string>> {
  loading ??= import('@zxcvbn-ts/language-common').then(({ dictionary }) => new Set(dictionary['passwords-common']));
  return loading;
}
