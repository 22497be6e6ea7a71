import { z } from 'zod';
import { boundedText } from '@/server/domain/core/validation';
import { currencySchema } from '../teams/schema';
import { emailSchema, nameSchema } from '@/server/domain/core/fields';
import { passwordSchema, resetLinkSchema, enteredSchema } from '@/server/domain/identity/passwords/schema';
import { token } from '@/server/domain/identity/email-links/schema';

/** What is there for who is not signed in. */
export const waysSchema = z.object({
  mail: z.boolean().meta({ description: 'Links can be mailed.' }),
  signUp: z.boolean().meta({ description: 'Anybody may make a team.' }),
  setup: z.boolean().meta({ description: 'There is no team yet.' }),
});
export type Ways = z.output<typeof waysSchema>;
export const signUpLinkSchema = resetLinkSchema.extend({
  name: z.string().nullable().meta({ description: 'Of who has an account already, and needs no password.' }),
});
export type SignUpLink = z.output<typeof signUpLinkSchema>;

const newTeam = { team: nameSchema, currency: currencySchema };

export const signUpInput = z.strictObject({
  token,
  ...newTeam,
  name: nameSchema.optional().meta({ description: 'As the password: only of who has no account yet.' }),
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
export const foundedSchema = enteredSchema.extend({ slug: z.string() });
export type Founded = z.output<typeof foundedSchema>;
