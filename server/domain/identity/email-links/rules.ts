import type { Vault } from '@/server/domain/core/crypto';

/** What a mailed link is for. */
export type LinkKind = 'reset' | 'sign-up';

/** How long each is good for. */
export const LINK_HOURS: Record<LinkKind, number> = { reset: 1, 'sign-up': 24 };

const USE = 'mailed-link';

/** What stands in a mailed link: its id, and the proof that it was made here. Nothing of it is stored. */
export const linkToken = (vault: Vault, id: string): string => `${id.replaceAll('-', '')}.${vault.sign(USE, id)}`;

/** The id of a link that was made here, or null for any other text. */
export function parseLinkToken(vault: Vault, token: string): string | null {
  const parts = /^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})\.([\w-]+)$/.exec(token);
  if (!parts) return null;
  const id = parts.slice(1, 6).join('-');
  return vault.isSigned(USE, id, parts[6]!) ? id : null;
}
