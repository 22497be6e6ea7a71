import { z } from 'zod';
import { boundedText } from '@/server/domain/core/validation';
import { currencySchema } from '../teams/schema';
import { emailSchema, nameSchema } from '@/server/domain/core/fields';
import { passwordSchema, resetLinkSchema, enteredSchema } from '@/server/domain/identity/passwords/schema';
import { token } from '@/server/domain/identity/email-links/schema';

/** The ways in that this installation offers to a visitor. */
export const waysSchema = z.object({
  mail: z.boolean().meta({ description: 'Whether links can be emailed.' }),
  signUp: z.boolean().meta({ description: 'Whether anyone may create a team.' }),
  setup: z.boolean().meta({ description: 'Whether no team exists yet.' }),
});
export type Ways = z.output<typeof waysSchema>;
export const signUpLinkSchema = resetLinkSchema.extend({
  name: z
    .string()
    .nullable()
    .meta({ description: 'Name of the existing user, who needs no new password; null for a new user.' }),
});
export type SignUpLink = z.output<typeof signUpLinkSchema>;

const newTeam = { team: nameSchema, currency: currencySchema };

export const signUpInput = z.strictObject({
  token,
  ...newTeam,
  name: nameSchema.optional().meta({ description: 'Like the password, only for a new user.' }),
  password: passwordSchema.optional(),
});
export type SignUp = z.output<typeof signUpInput>;

export const setUpInput = z.strictObject({
  code: boundedText(200),
  ...newTeam,
  name: nameSchema,
  email: emailSchema,
  password: passwordSchema,
});
export type SetUp = z.output<typeof setUpInput>;
export const createdTeamSchema = enteredSchema.extend({ slug: z.string() });
export type CreatedTeam = z.output<typeof createdTeamSchema>;
