/** How long a text may be, in characters, and a client's own mark of it. */
export const BODY_MAX = 1_600;
export const REFERENCE_MAX = 255;

/** After how many days at most a team may have the texts of its messages removed: ten years. */
export const TEXT_RETENTION_DAYS_MAX = 3650;

/** How many messages one call sends at most. */
export const BATCH_MAX = 1_000;

/** How many messages that are newer than a place in the log are counted at most. */
export const NEWER_MAX = 1_000;

/** Every state that a message can be in, in the order of its life. */
export const MESSAGE_STATUSES = ['scheduled', 'held', 'queued', 'sent', 'delivered', 'failed', 'cancelled'] as const;
export type MessageStatus = (typeof MESSAGE_STATUSES)[number];

/**
 * Reads a sender: 1 to 11 ASCII letters, digits and spaces with at least one letter (what carriers let through as an
 * alphanumeric sender), or a number of 3 to 15 digits (a short code or a phone number, with or without a plus).
 * Answers it without the spaces around it, or null.
 */
export function checkSender(from: string): string | null {
  const sender = from.trim();
  return WHOLE_SENDER.test(sender) ? sender : null;
}

/** What a sender is, as a pattern. */
export const SENDER = '(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|\\+?[0-9]{3,15}';
const WHOLE_SENDER = new RegExp(`^(?:${SENDER})$`);
