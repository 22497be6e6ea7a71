import type { inferOutput } from '@trpc/tanstack-react-query';
import type { useTRPC } from '@/components/data';
import { Status, type Tone } from '@/components/ui/pieces';

/** An invitation as the pages have it. */
export type Invitation = inferOutput<ReturnType<typeof useTRPC>['invitations']['browseInvitations']>['data'][number];

const TONES: Record<Invitation['status'], Tone> = {
  pending: 'off',
  accepted: 'ok',
  declined: 'bad',
  expired: 'warn',
  revoked: 'off',
};

/** How an invitation stands; one whose holder asks for a new link says so. */
type Standing = Pick<Invitation, 'status' | 'requestedAt' | 'revokedReason'>;

export const InvitationStatus = ({ status, requestedAt, revokedReason }: Standing) => (
  <Status tone={TONES[status]}>
    {status}
    {status === 'expired' && requestedAt !== null && ', asked for again'}
    {inviterLost({ revokedReason }) && `, ${inviterLost({ revokedReason })!.word}`}
  </Status>
);

const DELIVERIES: Record<Invitation['delivery'], { tone: Tone; word: string }> = {
  none: { tone: 'off', word: 'not mailed' },
  queued: { tone: 'off', word: 'being sent' },
  sent: { tone: 'ok', word: 'sent' },
  delivered: { tone: 'ok', word: 'delivered' },
  bounced: { tone: 'bad', word: 'bounced' },
  failed: { tone: 'bad', word: 'could not be sent' },
};

/** What happened to the inviter of an invitation that was revoked for it: in a list, and in a sentence. */
const INVITER: Partial<Record<NonNullable<Invitation['revokedReason']>, { word: string; sentence: string }>> = {
  inviter_not_owner: { word: 'inviter no longer owner', sentence: 'The person who invited is no longer an owner.' },
  inviter_inactive: { word: 'inviter deactivated', sentence: 'The person who invited was deactivated.' },
  inviter_deleted: { word: 'inviter deleted', sentence: 'The person who invited was deleted.' },
  inviter_left: { word: 'inviter left', sentence: 'The person who invited left the team.' },
};

/** Why an invitation was revoked, where that was not an owner's decision on it. */
export const inviterLost = ({ revokedReason }: Pick<Invitation, 'revokedReason'>) =>
  revokedReason === null ? undefined : INVITER[revokedReason];

/** Whether an open invitation's link is shown only after its reader has confirmed their identity. */
export const isWithheld = ({ status, url }: Pick<Invitation, 'status' | 'url'>): boolean =>
  status === 'pending' && url === null;

/** How its mail stands. */
export function Delivery({ delivery, mailError }: Pick<Invitation, 'delivery' | 'mailError'>) {
  const { tone, word } = DELIVERIES[delivery];
  return (
    <span title={mailError ?? undefined}>
      <Status tone={tone}>{word}</Status>
    </span>
  );
}

/** Whether a link of it can still be sent: one that is closed needs a new invitation. */
export const isOpen = ({ status }: Pick<Invitation, 'status'>): boolean => status === 'pending' || status === 'expired';
