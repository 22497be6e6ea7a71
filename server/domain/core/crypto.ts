import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes, timingSafeEqual } from 'node:crypto';

/** The cryptographic functions that use the installation's secret. Nothing else touches key material. */
export type Vault = {
  /** HMAC-SHA-256 of an API key with a pepper: the stored value by which a key is found. 32 bytes. */
  digest(key: string): Buffer;
  /** Encrypts a text with AES-256-GCM that must be read again (an API key to reveal, a stored response). */
  seal(text: string): string;
  /** Decrypts the result of `seal`. Throws if it was changed or sealed with another secret. */
  open(sealed: string): string;
  /** HMAC-SHA-256 of a text with a key for one use: proves that a link was made here. 43 characters of base64url. */
  sign(use: string, text: string): string;
  /** Returns whether a signature belongs to this text, compared in constant time. */
  isSigned(use: string, text: string, signature: string): boolean;
  /** Derives the secret for one use, always the same: 43 characters of base64url. */
  secretFor(use: string): string;
};

const FORMAT = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * Derives the vault's keys from `PURSER_SECRET` (HKDF-SHA-256, RFC 5869, one label per use), so that a leak of one
 * key reveals nothing about the others.
 */
export function makeVault(secret: string): Vault {
  const derive = (label: string) => Buffer.from(hkdfSync('sha256', secret, 'purser', label, 32));
  const pepper = derive('api-key-digest');
  const sealing = derive('seal');
  const sign = (use: string, text: string) =>
    createHmac('sha256', derive(`sign ${use}`))
      .update(text)
      .digest('base64url');
  return {
    sign,
    isSigned(use, text, signature) {
      const [right, given] = [sign(use, text), signature].map((value) => Buffer.from(value));
      return right!.length === given!.length && timingSafeEqual(right!, given!);
    },
    secretFor: (use) => derive(use).toString('base64url'),
    digest: (key) => createHmac('sha256', pepper).update(key).digest(),
    seal(text) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', sealing, nonce);
      const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
      return `${FORMAT}.${Buffer.concat([nonce, cipher.getAuthTag(), body]).toString('base64url')}`;
    },
    open(sealed) {
      const [format, data] = sealed.split('.');
      if (format !== FORMAT || !data) throw new Error('The sealed text has a format that this version does not know.');
      const bytes = Buffer.from(data, 'base64url');
      const decipher = createDecipheriv('aes-256-gcm', sealing, bytes.subarray(0, NONCE_BYTES));
      decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
      return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    },
  };
}
