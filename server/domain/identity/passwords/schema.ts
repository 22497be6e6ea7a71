import { boundedText } from '@/server/domain/core/validation';
import { isCommonPassword, MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH } from './rules';
import { z } from 'zod';
import { typedSecret } from '../sessions/schema';
import { token } from '../email-links/schema';

/** A password before the check against common ones: 12 to 200 characters, not one character repeated. */
export const passwordShape = boundedText(MAX_PASSWORD_LENGTH, `Use at most ${MAX_PASSWORD_LENGTH} characters.`)
  .min(MIN_PASSWORD_LENGTH, `Use at least ${MIN_PASSWORD_LENGTH} characters.`)
  .refine((password) => !/^(.)\1*$/su.test(password), 'Must not repeat a single character.');

/** A new password. The list of common ones is loaded when first needed, so this schema works only with `parseAsync`. */
export const passwordSchema = passwordShape.refine(async (password) => !(await isCommonPassword(password)), {
  message: 'This password is too common. Choose another one.',
});

export const changePasswordInput = z.strictObject({ current: typedSecret, password: passwordSchema });

export type ChangePassword = z.output<typeof changePasswordInput>;

export const resetLinkSchema = z.object({
  email: z.string().nullable().meta({ description: 'Null if the link is invalid, used or expired.' }),
});

export type ResetLink = z.output<typeof resetLinkSchema>;

export const resetInput = z.strictObject({ token, password: passwordSchema });

export type Reset = z.output<typeof resetInput>;

/** The email of the user who can now sign in. */
export const enteredSchema = z.object({ email: z.string() });

export type EnteredAs = z.output<typeof enteredSchema>;
