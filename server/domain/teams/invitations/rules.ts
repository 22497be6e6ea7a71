import type { Role } from '@/server/domain/core/actor';
import { printId, parseId } from '@/server/domain/core/ids';

export const INVITATION_STATUSES = ['pending', 'accepted', 'declined', 'expired', 'revoked'] as const;
export type InvitationStatus = (typeof INVITATION_STATUSES)[number];

/** The delivery states of an invitation's email; `none` where none was sent and the link is copied. */
export const DELIVERIES = ['none', 'queued', 'sent', 'delivered', 'bounced', 'failed'] as const;

/** The most invitation emails, new and resent, that a team may send to one address within 24 hours. */
export const MAILS_TO_ADDRESS = 5;

/** The most invitation emails that a team of any size may send within 24 hours. */
export const MAILS_OF_TEAM = 50;

/** Returns how many invitation emails a team may send within 24 hours, by its number of members. */
export const mailsAllowed = (members: number): number => Math.max(MAILS_OF_TEAM, 2 * members);

/** Returns whether a link gives more than a new member: the owner role, or an existing member's key. */
export const isGuarded = ({ role, memberId }: { role: Role; memberId: string | null }): boolean =>
  role === 'owner' || memberId !== null;

/** The lifetime of a link, in days. */
export const INVITATION_DAYS = 7;

/** The way a link reached the visitor: by email, which verifies the address, or copied by an owner, which does not. */
export type Way = 'mailed' | 'copied';

/** The parsed token of an invitation link that was issued here. */
export type Link = { invitationId: string; version: number; way: Way };

/** The part of the vault that signs links. */
type Signing = {
  sign(use: string, text: string): string;
  isSigned(use: string, text: string, signature: string): boolean;
};

const LETTERS = { mailed: 'm', copied: 'c' } as const satisfies Record<Way, string>;
const TOKEN = /^(inv_[0-9a-z]{26})\.([mc])([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

const signed = (id: string, mark: string): string => `${id}.${mark}`;

/** Returns the token of a link: an HMAC over invitation, version and way, so that nothing of it is stored. */
export function printToken(vault: Signing, { invitationId, version, way }: Link): string {
  const text = signed(printId('inv', invitationId), `${LETTERS[way]}${version}`);
  return `${text}.${vault.sign('invitation', text)}`;
}

/** Parses a token; null for one that was not issued here. The invitation itself decides whether it is still valid. */
export function readToken(vault: Signing, token: string): Link | null {
  const [, id = '', content = '', version = '', signature = ''] = TOKEN.exec(token) ?? [];
  const invitationId = parseId('inv', id);
  if (!invitationId || !vault.isSigned('invitation', signed(id, `${content}${version}`), signature)) return null;
  return { invitationId, version: Number(version), way: content === LETTERS.mailed ? 'mailed' : 'copied' };
}

/** Returns the URL of an invitation link. */
export const invitationUrl = (
  { vault, appUrl }: { vault: Signing; appUrl: string },
  { id, version }: { id: string; version: number },
  way: Way,
): string => `${appUrl}/invite/${printToken(vault, { invitationId: id, version, way })}`;
