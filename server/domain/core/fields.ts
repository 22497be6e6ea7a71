import { z } from 'zod';
import { ROLES } from './actor';
import { boundedText } from './validation';
import { checkSender, SENDER } from './sender';

/** Brings a name into the one form in which it is kept and compared: no space around it, NFC. Spaces within stay. */
export function normaliseName(text: string): string {
  return text.trim().normalize('NFC');
}

export const MAX_NAME_LENGTH = 120;

/** A decomposed character takes several units until it is composed, and there may be space around a name. */
const RAW_NAME_MAX = 600;

const NAME_LENGTH = `Must be 1 to ${MAX_NAME_LENGTH} characters.`;

/** A name in any script: 1 to 120 characters (code points), one of them visible, none that controls or reorders text. */
export const nameSchema = boundedText(RAW_NAME_MAX, NAME_LENGTH)
  .overwrite(normaliseName)
  .refine((name) => isWithin(name, 1, MAX_NAME_LENGTH), NAME_LENGTH)
  .refine((name) => !DECEIVING.test(name), 'Must not hold control characters or marks that reorder text.')
  .refine((name) => name === '' || VISIBLE.test(name), 'Must hold a character that can be seen.')
  .meta({ minLength: 1, maxLength: MAX_NAME_LENGTH });

// Controls, line separators, lone surrogates, bidi marks, overrides and isolates, and what is invisible without need.
// ZWJ and ZWNJ (U+200C, U+200D) are no part of it: Persian, Hindi and emoji are written with them.
export const DECEIVING = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\u061C\u200B\u200E\u200F\u202A-\u202E\u2060\u2066-\u2069\uFEFF]/u;

// The blanks that Unicode counts as letters or symbols: Hangul fillers (default ignorable) and the empty Braille cell.
export const VISIBLE = /(?!\p{Default_Ignorable_Code_Point}|\u2800)[\p{L}\p{N}\p{P}\p{S}]/u;

export function isWithin(text: string, min: number, max: number): boolean {
  if (text.length > 2 * max) return false;
  const length = Array.from(text).length;
  return length >= min && length <= max;
}

/** An e-mail address, answered as it is kept and compared: NFKC, lower case, without space around it; at most 254. */
export const emailSchema = boundedText(320, 'Must be at most 254 characters.')
  .trim()
  .normalize('NFKC')
  .toLowerCase()
  .pipe(z.email('Must be an e-mail address.').max(254, 'Must be at most 254 characters.'))
  .meta({ format: 'email', maxLength: 254 });

export const roleSchema = z.enum(ROLES);

const SENDER_FORM =
  'A sender is 1 to 11 letters, digits and spaces with at least one letter, or a number of 3 to 15 digits.';

/** The spaces around a sender are cut off, so it may be sent with some. */
export const senderSchema = boundedText(64, SENDER_FORM)
  .refine((from) => checkSender(from) !== null, SENDER_FORM)
  .transform((from) => checkSender(from)!)
  .meta({ pattern: `^\\s*(${SENDER})\\s*$` });
