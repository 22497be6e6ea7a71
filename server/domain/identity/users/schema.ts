import { z } from 'zod';
import { instantCodec } from '@/server/domain/core/codecs';
import { typedSecret } from '../sessions/schema';
import { nameSchema } from '@/server/domain/core/fields';
/** What a person sees of himself. */
export const profileSchema = z.object({
  name: z.string(),
  email: z.string(),
  isProven: z.boolean().meta({ description: 'A link mailed to the address was used.' }),
  twoFactorSince: instantCodec.nullable(),
  recoveryCodesLeft: z.int(),
});
export type Profile = z.output<typeof profileSchema>;

export const renameUserInput = z.strictObject({ name: nameSchema });
export type RenameUser = z.output<typeof renameUserInput>;
/** What touches the second factor asks for the password each time. */
export const withPassword = z.strictObject({ password: typedSecret });
export type WithPassword = z.output<typeof withPassword>;

export const withCode = z.strictObject({ code: typedSecret });
export type WithCode = z.output<typeof withCode>;

export const twoFactorSetupSchema = z.object({
  secret: z.string().meta({ description: 'To be typed into an app that cannot take the picture.' }),
  uri: z.string().meta({ description: 'What the QR code holds.' }),
});
export type TwoFactorSetup = z.output<typeof twoFactorSetupSchema>;

/** Shown once. */
export const recoveryCodesSchema = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.output<typeof recoveryCodesSchema>;
