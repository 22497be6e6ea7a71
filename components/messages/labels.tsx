import { Status, type Tone } from '@/components/ui/pieces';
import type { MessageStatus } from '@/server/domain/messaging/messages/rules';

const TONES: Record<MessageStatus, Tone> = {
  scheduled: 'off',
  held: 'warn',
  queued: 'off',
  sent: 'off',
  delivered: 'ok',
  failed: 'bad',
  cancelled: 'off',
};

/** How a message stands; why it failed on hover. */
export const MessageState = ({ status, error }: { status: MessageStatus; error?: { detail: string } | null }) => (
  <span title={error?.detail}>
    <Status tone={TONES[status]}>{status}</Status>
  </span>
);

/** What each encoding is called by carriers, and how many characters a segment of it holds. */
export const ENCODINGS = { gsm7: 'GSM-7', ucs2: 'UCS-2' } as const;
