import { z } from 'zod';
import { ROLES } from './actor';
import { boundedText } from './validation';
import { checkSender, SENDER } from './sender';

/** Returns a name in the form in which it is stored and compared: trimmed, NFC. Spaces inside stay. */
export function normaliseName(text: string): string {
  return text.trim().normalize('NFC');
}

export const MAX_NAME_LENGTH = 120;

/** UTF-16 units before normalization: a decomposed character takes several, and a name may have spaces around it. */
const RAW_NAME_MAX = 600;

const NAME_LENGTH = `Use 1 to ${MAX_NAME_LENGTH} characters.`;

/** A name in any script: 1 to 120 code points, at least one of them visible, no control or bidirectional characters. */
export const nameSchema = boundedText(RAW_NAME_MAX, NAME_LENGTH)
  .overwrite(normaliseName)
  .refine((name) => isWithin(name, 1, MAX_NAME_LENGTH), NAME_LENGTH)
  .refine((name) => !DECEIVING.test(name), 'Must not contain control characters or text direction marks.')
  .refine((name) => name === '' || VISIBLE.test(name), 'Must contain a visible character.')
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH });

// Controls, line separators, lone surrogates, bidirectional marks, overrides and isolates, and invisible characters.
// ZWJ and ZWNJ (U+200C, U+200D) are allowed: Persian, Hindi and emoji need them.
export const DECEIVING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/u;

// Excludes the blanks that Unicode counts as letters or symbols: Hangul fillers (default ignorable), empty Braille cell.
export const VISIBLE = /(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

/** Returns whether a text has `min` to `max` code points. */
export function isWithin(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max) return false;
  const length = Array.from(text).length;
  return length >= min && length <= max;
}

/** An email address in the form in which it is stored and compared: NFKC, lower case, trimmed, at most 254 characters. */
export const emailSchema = boundedText(320, 'Use at most 254 characters.')
  .trim()
  .normalize('NFKC')
  .toLowerCase()
  .pipe(z.email('Must be an email address.').max(254, 'Use at most 254 characters.'))
  .meta({ format: 'email', maxLength: 254 });

export const roleSchema = z.enum(ROLES);

const SENDER_FORM = 'Use 1 to 11 letters, digits and spaces with at least one letter, or a number of 3 to 15 digits.';

/** A sender (see `checkSender`). Spaces around it are removed. */
export const senderSchema = boundedText(64, SENDER_FORM)
  .refine((from) => checkSender(from) !== null, SENDER_FORM)
  .transform((from) => checkSender(from)!)
  .meta({ pattern: `^\\s*(${SENDER})\\s*$` });
