import type { Role } from '@/server/domain/core/actor';
import { printId, parseId } from '@/server/domain/core/ids';

export const INVITATION_STATUSES = ['pending', 'accepted', 'declined', 'expired', 'revoked'] as const;
export type InvitationStatus = (typeof INVITATION_STATUSES)[number];

/** How the mail of an invitation stands; `none` where none was sent, and the link is to be copied. */
export const DELIVERIES = ['none', 'queued', 'sent', 'delivered', 'bounced', 'failed'] as const;

/** The most invitations, new and resent, that a team mails to one address within 24 hours. */
export const MAILS_TO_ADDRESS = 5;

/** The most invitations that a team of any size mails within 24 hours. */
export const MAILS_OF_TEAM = 50;

/** The most invitations that a team mails within 24 hours, by its number of members. */
export const mailsAllowed = (members: number): number => Math.max(MAILS_OF_TEAM, 2 * members);

/** Returns whether a link hands over more than a new member's place: the owner role, or an existing member's key. */
export const isGuarded = ({ role, memberId }: { role: Role; memberId: string | null }): boolean =>
  role === 'owner' || memberId !== null;

/** How long a link is good. */
export const INVITATION_DAYS = 7;

/** Whether a link came by mail, which proves the address, or was copied by an owner, which proves nothing. */
export type Way = 'mailed' | 'copied';

/** An invitation's link, read: it was made here, for this version. */
export type Link = { invitationId: string; version: number; way: Way };

/** What signs a link: the vault. */
type Signing = {
  sign(use: string, text: string): string;
  isSigned(use: string, text: string, signature: string): boolean;
};

const LETTERS = { mailed: 'm', copied: 'c' } as const satisfies Record<Way, string>;
const TOKEN = /^(inv_[0-9a-z]{26})\.([mc])([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

const signed = (id: string, mark: string): string => `${id}.${mark}`;

/** The token of a link: an HMAC over invitation, version and way, so that nothing of it is stored. */
export function printToken(vault: Signing, { invitationId, version, way }: Link): string {
  const text = signed(printId('inv', invitationId), `${LETTERS[way]}${version}`);
  return `${text}.${vault.sign('invitation', text)}`;
}

/** Reads a token; null for one that was not made here. What it opens is the invitation's own to say. */
export function readToken(vault: Signing, token: string): Link | null {
  const [, id = '', content = '', version = '', signature = ''] = TOKEN.exec(token) ?? [];
  const invitationId = parseId('inv', id);
  if (!invitationId || !vault.isSigned('invitation', signed(id, `${content}${version}`), signature)) return null;
  return { invitationId, version: Number(version), way: content === LETTERS.mailed ? 'mailed' : 'copied' };
}

/** Where an invitation's link leads. */
export const invitationUrl = (
  { vault, appUrl }: { vault: Signing; appUrl: string },
  { id, version }: { id: string; version: number },
  way: Way,
): string => `${appUrl}/invite/${printToken(vault, { invitationId: id, version, way })}`;
