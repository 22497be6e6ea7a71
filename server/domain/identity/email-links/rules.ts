import type { Vault } from '@/server/domain/core/crypto';

/** The purpose of an emailed link. */
export type LinkKind = 'reset' | 'sign-up';

/** Hours after which each kind of link expires. */
export const LINK_HOURS: Record<LinkKind, number> = { reset: 1, 'sign-up': 24 };

const USE = 'mailed-link';

/** Returns the token of an emailed link: its id and an HMAC signature. The token is not stored. */
export const linkToken = (vault: Vault, id: string): string => `${id.replaceAll('-', '')}.${vault.sign(USE, id)}`;

/** Returns the id in a token with a valid signature, or null for any other text. */
export function parseLinkToken(vault: Vault, token: string): string | null {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\.([\w-]+)$/.exec(token);
  if (!parts) return null;
  const id = parts.slice(1, 6).join('-');
  return vault.isSigned(USE, id, parts[6]!) ? id : null;
}
