/**
 * Returns a sender without the spaces around it, or null if it is invalid. Valid are 1 to 11 ASCII letters, digits and
 * spaces with at least one letter (the alphanumeric senders that carriers accept), and numbers of 3 to 15 digits (a short
 * code or a phone number, with or without a plus).
 */
export function checkSender(from: string): string | null {
  const sender = from.trim();
  return WHOLE_SENDER.test(sender) ? sender : null;
}

/** The pattern of a sender, without anchors. */
export const SENDER = '(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|\\+?[0-9]{3,15}';

const WHOLE_SENDER = new RegExp(`^(?:${SENDER})$`);
