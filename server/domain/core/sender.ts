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
