import { z } from 'zod';
import { boundedText } from '@/server/domain/core/validation';
import { emailSchema, nameSchema, passwordSchema } from '../members/schema';
import { currencySchema } from '../teams/schema';

/** What is there for who is not signed in. */
export const waysSchema = z.object({
  mail: z.boolean().meta({ description: 'Links can be mailed.' }),
  signUp: z.boolean().meta({ description: 'Anybody may make a team.' }),
  setup: z.boolean().meta({ description: 'There is no team yet.' }),
});
export type Ways = z.output<typeof waysSchema>;

export const addressInput = z.strictObject({ email: emailSchema });
export type Address = z.output<typeof addressInput>;

/** What stands in a link, or was typed from it. */
const token = boundedText(200);
export const tokenInput = z.strictObject({ token });
export type Token = z.output<typeof tokenInput>;

export const resetLinkSchema = z.object({
  email: z.string().nullable().meta({ description: 'Null: the link is not good, or no more.' }),
});
export type ResetLink = z.output<typeof resetLinkSchema>;

export const resetInput = z.strictObject({ token, password: passwordSchema });
export type Reset = z.output<typeof resetInput>;

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

/** Who can sign in now. */
export const enteredSchema = z.object({ email: z.string() });
export type EnteredAs = z.output<typeof enteredSchema>;

export const foundedSchema = enteredSchema.extend({ slug: z.string() });
export type Founded = z.output<typeof foundedSchema>;
