import { Status, type Tone } from '@/components/ui/pieces';
import type { MessageStatus } from '@/server/domain/messaging/messages/rules';
import type { LogView } from './search-params';

export const MESSAGE_STATUS_LABELS: Record<MessageStatus, string> = {
  scheduled: 'Scheduled',
  held: 'Held',
  queued: 'Queued',
  sent: 'Sent',
  delivered: 'Delivered',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

const TONES: Record<MessageStatus, Tone> = {
  scheduled: 'off',
  held: 'warn',
  queued: 'off',
  sent: 'off',
  delivered: 'ok',
  failed: 'bad',
  cancelled: 'off',
};

/** The status of a message; its error on hover. */
export const MessageState = ({ status, error }: { status: MessageStatus; error?: { detail: string } | null }) => (
  <span title={error?.detail}>
    <Status tone={TONES[status]}>{MESSAGE_STATUS_LABELS[status]}</Status>
  </span>
);

/** The names of the encodings. */
export const ENCODINGS = { gsm7: 'GSM-7', ucs2: 'Unicode' } as const;

/** Returns the reason why a recipient is skipped. */
export const whyNot = (code: string): string =>
  code === 'no_rate' ? 'No price for this destination.' : 'Invalid number. Include the country code, e.g. +49…';

export const SPAN_LABELS: Record<LogView['days'], string> = {
  1: 'Today',
  7: '7 days',
  30: '30 days',
  90: '90 days',
  365: '365 days',
  all: 'All time',
};
