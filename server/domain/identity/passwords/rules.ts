/** Makes a password of 20 characters in four groups, "k7Rwd-3mXpa-…" (117 bits), without look-alikes. */
export function generatePassword(): string {
  return (randomText(BASE58, 20).match(/.{5}/g) ?? []).join('-');
}

const BASE58 = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz';

// Bytes that would favour the first letters of the alphabet are thrown away.
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
 * Whether a password is on the list of 49,000 common ones, in any case, also when it is one of them lengthened by digits
 * and signs ("Password1234!") or said twice: most of the list is shorter than what is asked for.
 */
export async function isCommonPassword(password: string): Promise<boolean> {
  // zod asks this of a text that is too long as well, and the patterns below take time squared.
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
