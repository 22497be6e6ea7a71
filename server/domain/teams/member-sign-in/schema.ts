import { z } from 'zod';
import { memberSchema } from '../members/schema';

/** The new password of a member whose sign-in was generated. */
export const passwordResetSchema = z
  .object({
    member: memberSchema,
    email: z.string().meta({ description: 'Address that the member signs in with.' }),
    secrets: z.object({ password: z.string() }),
  })
  .meta({ id: 'PasswordReset' });

export type PasswordReset = z.output<typeof passwordResetSchema>;
