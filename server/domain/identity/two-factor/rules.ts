import { randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';

/** Parameters of a TOTP code (RFC 6238), on which the apps of all users depend: no default of the library may change them. */
const DIGITS = 6;
const PARAMETERS = { algorithm: 'SHA1', digits: DIGITS, period: 30 };

/** Steps before and after the current one whose codes are accepted too. */
const ACCEPTED_STEPS = 1;

/** Recovery codes of a new set. */
export const RECOVERY_CODES = 10;

const SECRET_BYTES = 20;
const RECOVERY_LENGTH = 10;

/** Returns the accepted step with this code, or null. `secret` is in base32. */
export function stepOf(secret: string, code: string, now: Date): number | null {
  // The library throws for six characters of more than six bytes.
  if (!isAppCode(code)) return null;
  const totp = new TOTP({ ...PARAMETERS, secret });
  const timestamp = now.getTime();
  const offset = totp.validate({ token: code, timestamp, window: ACCEPTED_STEPS });
  return offset === null ? null : totp.counter({ timestamp }) + offset;
}

/** Generates a secret in base32 (RFC 4648), the format of authenticator apps. */
export const newSecret = (): string => new Secret({ size: SECRET_BYTES }).base32;

/** Returns the otpauth URI for a QR code: the secret and the account. */
export const keyUri = (secret: string, email: string): string =>
  new TOTP({ ...PARAMETERS, issuer: 'Purser', label: email, secret }).toString();

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
