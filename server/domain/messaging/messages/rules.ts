/** The longest text and reference of a message, in characters. */
export const BODY_MAX = 1_600;

export const REFERENCE_MAX = 255;

/** The most messages in one batch. */
export const BATCH_MAX = 1_000;

/** The most newer messages that a page of the log counts. */
export const NEWER_MAX = 1_000;

/** All states of a message, in the order of its life cycle. */
export const MESSAGE_STATUSES = ['scheduled', 'held', 'queued', 'sent', 'delivered', 'failed', 'cancelled'] as const;

export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/** A message as it is submitted to a carrier. The id is the same for every attempt, so that a carrier can drop duplicates. */
export type OutgoingMessage = {
  id: string;
  to: string;
  from: string;
  body: string;
  encoding: 'gsm7' | 'ucs2';
  segments: number;
  /** The time after which the carrier should no longer try; null or absent if the carrier decides. */
  validUntil?: Date | null;
};
