import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';

/** The carrier's answer to one message. */
export type Submitted =
  /** The carrier has it; `refs` are its own ids, one or one for each part. */
  | { id: string; outcome: 'accepted'; refs: string[] }
  /** The carrier will never send it. */
  | { id: string; outcome: 'refused'; code: string; detail: string }
  /** The carrier has certainly not taken it, and may later. */
  | { id: string; outcome: 'delayed'; detail: string; retryAfterMs?: number }
  /** No answer: the carrier may have taken it. */
  | { id: string; outcome: 'unknown'; detail: string };

/** A delivery report, which names a message by our id or by the carrier's. */
export type DeliveryReport = {
  message: { id: string } | { ref: string };
  status: 'buffered' | 'delivered' | 'failed' | 'unknown';
  code: string | null;
  detail: string | null;
};

/** The interface of a carrier; each carrier is one file. */
export type Carrier = {
  name: string;
  submit(batch: OutgoingMessage[]): Promise<Submitted[]>;
  health(): { connected: boolean; detail: string | null };
  close(): Promise<void>;
};
