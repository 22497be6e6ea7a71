import { boundedText } from '@/server/domain/core/validation';
import { isCommonPassword, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './rules';
import { z } from 'zod';
import { typedSecret } from '../sessions/schema';
import { token } from '../email-links/schema';

// Controls, line separators, lone surrogates, bidi marks, overrides and isolates, and what is invisible without need.
// ZWJ and ZWNJ (U+200C, U+200D) are no part of it: Persian, Hindi and emoji are written with them.
// The blanks that Unicode counts as letters or symbols: Hangul fillers (default ignorable) and the empty Braille cell.
/** What a password is without the list of common ones: 12 to 200 characters, not one of them over and over. */
export const passwordShape = boundedText(MAX_PASSWORD_LENGTH, `Must have at most ${MAX_PASSWORD_LENGTH} characters.`)
  .min(MIN_PASSWORD_LENGTH, `Must have at least ${MIN_PASSWORD_LENGTH} characters.`)
  .refine((password) => !/^(.)\1*$/su.test(password), 'Must not be one character over and over.');

/** A password that may be set. The list is loaded when first needed, so this schema parses with `parseAsync` only. */
export const passwordSchema = passwordShape.refine(async (password) => !(await isCommonPassword(password)), {
  message: 'Is one of the passwords that are tried first. Choose a less common one.',
});

export const changePasswordInput = z.strictObject({ current: typedSecret, password: passwordSchema });

export type ChangePassword = z.output<typeof changePasswordInput>;

export const resetLinkSchema = z.object({
  email: z.string().nullable().meta({ description: 'Null: the link is not good, or no more.' }),
});

export type ResetLink = z.output<typeof resetLinkSchema>;

export const resetInput = z.strictObject({ token, password: passwordSchema });

export type Reset = z.output<typeof resetInput>;

/** Who can sign in now. */
export const enteredSchema = z.object({ email: z.string() });

export type EnteredAs = z.output<typeof enteredSchema>;
