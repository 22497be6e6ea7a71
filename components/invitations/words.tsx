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
export const InvitationStatus = ({ status, requestedAt }: Pick<Invitation, 'status' | 'requestedAt'>) => (
  <Status tone={TONES[status]}>
    {status}
    {status === 'expired' && requestedAt !== null && ', asked for again'}
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
