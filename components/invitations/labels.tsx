import type { inferOutput } from '@trpc/tanstack-react-query';
import type { ReactNode } from 'react';
import type { useTRPC } from '@/components/data';
import { Status, type Tone } from '@/components/ui/pieces';

/** An invitation as the list returns it. */
export type Invitation = inferOutput<ReturnType<typeof useTRPC>['invitations']['browseInvitations']>['data'][number];

/** An invitation as its link shows it. */
export type OpenedLink = NonNullable<inferOutput<ReturnType<typeof useTRPC>['joining']['readLink']>>;

export const INVITATION_STATUS_LABELS: Record<Invitation['status'], string> = {
  pending: 'Pending',
  accepted: 'Accepted',
  declined: 'Declined',
  expired: 'Expired',
  revoked: 'Revoked',
};

const TONES: Record<Invitation['status'], Tone> = {
  pending: 'off',
  accepted: 'ok',
  declined: 'bad',
  expired: 'warn',
  revoked: 'off',
};

/** The state of an invitation, with a request for a new link if there is one. */
type State = Pick<Invitation, 'status' | 'requestedAt' | 'revokedReason'>;

export const InvitationStatus = ({ status, requestedAt, revokedReason }: State) => (
  <Status tone={TONES[status]}>
    {INVITATION_STATUS_LABELS[status]}
    {status === 'expired' && requestedAt !== null && ' · new link requested'}
    {inviterLost({ revokedReason }) && ` · ${inviterLost({ revokedReason })!.word}`}
  </Status>
);

const DELIVERIES: Record<Invitation['delivery'], { tone: Tone; word: string }> = {
  none: { tone: 'off', word: 'Link only' },
  queued: { tone: 'off', word: 'Sending' },
  sent: { tone: 'ok', word: 'Sent' },
  delivered: { tone: 'ok', word: 'Delivered' },
  bounced: { tone: 'bad', word: 'Bounced' },
  failed: { tone: 'bad', word: 'Not sent' },
};

/** The reasons why an invitation ended with its inviter's rights: for a list, and as a sentence. */
const INVITER: Partial<Record<NonNullable<Invitation['revokedReason']>, { word: string; sentence: string }>> = {
  inviter_not_owner: { word: 'inviter no longer owner', sentence: 'The inviter is no longer an owner.' },
  inviter_inactive: { word: 'inviter deactivated', sentence: 'The inviter was deactivated.' },
  inviter_deleted: { word: 'inviter deleted', sentence: 'The inviter was deleted.' },
  inviter_left: { word: 'inviter left', sentence: 'The inviter left the team.' },
};

/** Returns the reason if an invitation was revoked because its inviter lost their rights, else undefined. */
export const inviterLost = ({ revokedReason }: Pick<Invitation, 'revokedReason'>) =>
  revokedReason === null ? undefined : INVITER[revokedReason];

/** Returns true if the link is shown only after the user confirms their identity. */
export const isWithheld = ({ status, url }: Pick<Invitation, 'status' | 'url'>): boolean =>
  status === 'pending' && url === null;

/** The delivery status of the invitation's email. */
export function Delivery({ delivery, mailError }: Pick<Invitation, 'delivery' | 'mailError'>) {
  const { tone, word } = DELIVERIES[delivery];
  return (
    <span title={mailError ?? undefined}>
      <Status tone={tone}>{word}</Status>
    </span>
  );
}

/** Returns true if a link can still be sent; a closed invitation needs a new one. */
export const isOpen = ({ status }: Pick<Invitation, 'status'>): boolean => status === 'pending' || status === 'expired';

/** The title and the text of a link that can no longer be accepted, by its state. */
export const CLOSED_LABELS: Record<
  Exclude<OpenedLink['state'], 'open'>,
  { title: string; text: (team: string, isIn: boolean) => ReactNode }
> = {
  accepted: {
    title: 'Invitation accepted',
    text: (team, isIn) => (isIn ? <>You’re a member of {team}.</> : <>Sign in to go to {team}.</>),
  },
  declined: {
    title: 'Invitation declined',
    text: (team) => <>Ask {team} for a new one if that was a mistake.</>,
  },
  expired: { title: 'Link expired', text: (team) => <>{team} can send you a new one.</> },
  replaced: { title: 'Link replaced', text: () => <>A newer link was sent. Open the latest email.</> },
  revoked: { title: 'Invitation revoked', text: (team) => <>Ask {team} if you expected it.</> },
  suspended: { title: 'Team suspended', text: (team) => <>{team} is suspended. Try again later.</> },
};
