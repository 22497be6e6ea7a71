import { timingSafeEqual } from 'node:crypto';
import type { Vault } from '@/server/domain/core/crypto';

const CODE_LENGTH = 20;
const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * Returns the setup code for the first team: `npm start` prints it, /setup asks for it. It is 100 bits derived from the
 * installation's secret and is valid only while there is no team.
 */
export function setupCode(vault: Vault): string {
  const bytes = Buffer.from(vault.secretFor('setup'), 'base64url');
  const text = Array.from(bytes.subarray(0, CODE_LENGTH), (byte) => ALPHABET.charAt(byte & 31)).join('');
  return (text.match(/.{5}/g) ?? []).join('-');
}

/** Returns whether a text is the setup code, in any case and with any separators. */
export function isSetupCode(vault: Vault, text: string): boolean {
  const [right, given] = [setupCode(vault), text].map((code) => Buffer.from(code.toLowerCase().replace(/[\s-]/g, '')));
  return right!.length === given!.length && timingSafeEqual(right!, given!);
}
