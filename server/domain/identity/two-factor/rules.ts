import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Parameters of a TOTP code (RFC 6238, SHA-1). The codes of the neighbouring steps are accepted too. */
const STEP_SECONDS = 30;
const DIGITS = 6;
const ACCEPTED_STEPS = [0, -1, 1];

/** Recovery codes of a new set. */
export const RECOVERY_CODES = 10;

const SECRET_BYTES = 20;
const RECOVERY_LENGTH = 10;

/** Returns the HOTP code of a counter (RFC 4226). */
export function totpCode(secret: Buffer, counter: number, digits = DIGITS): string {
  const message = Buffer.alloc(8);
  message.writeBigUInt64BE(BigInt(counter));
  const hash = createHmac('sha1', secret).update(message).digest();
  const number = hash.readUInt32BE(hash[hash.length - 1]! & 0xf) & 0x7fff_ffff;
  return String(number % 10 ** digits).padStart(digits, '0');
}

/** Returns the TOTP step at a time. */
export const stepAt = (now: Date): number => Math.floor(now.getTime() / 1000 / STEP_SECONDS);

/** Returns the accepted step with this code, or null. */
export function stepOf(secret: Buffer, code: string, now: Date): number | null {
  const given = Buffer.from(code);
  const fits = ACCEPTED_STEPS.map((offset) => stepAt(now) + offset).filter((step) => {
    const right = Buffer.from(totpCode(secret, step));
    return right.length === given.length && timingSafeEqual(right, given);
  });
  return fits[0] ?? null;
}

/** Generates a secret in base32 (RFC 4648), the format of authenticator apps. */
export const newSecret = (): string => toBase32(randomBytes(SECRET_BYTES));

/** Returns the otpauth URI for a QR code: the secret and the account. */
export function keyUri(secret: string, email: string): string {
  const label = encodeURIComponent(`Purser:${email}`);
  return `otpauth://totp/${label}?secret=${secret}&issuer=Purser&algorithm=SHA1&digits=${DIGITS}&period=${STEP_SECONDS}`;
}

/** Generates recovery codes, "k7rwd-3mxpa": 50 random bits each, without look-alike characters. */
export const newRecoveryCodes = (): string[] =>
  Array.from({ length: RECOVERY_CODES }, () => {
    const text = Array.from(randomBytes(RECOVERY_LENGTH), (byte) => CROCKFORD.charAt(byte & 31)).join('');
    return `${text.slice(0, RECOVERY_LENGTH / 2)}-${text.slice(RECOVERY_LENGTH / 2)}`;
  });

/** Returns a code in the form in which it is compared: lower case, without spaces and hyphens. */
export const plainCode = (text: string): string => text.replace(/[\s-]/g, '').toLowerCase();

/** Returns whether a plain code has the form of an app code; any other is a recovery code. */
export const isAppCode = (code: string): boolean => code.length === DIGITS && /^[0-9]+$/.test(code);

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const RFC4648 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

function toBase32(bytes: Buffer): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => RFC4648.charAt(Number.parseInt(five, 2))).join('');
}

/** Decodes a base32 secret. */
export function fromBase32(text: string): Buffer {
  const bits = Array.from(text, (char) => RFC4648.indexOf(char).toString(2).padStart(5, '0')).join('');
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)));
}
