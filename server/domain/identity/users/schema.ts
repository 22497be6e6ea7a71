import { z } from 'zod';
import { instantCodec } from '@/server/domain/core/codecs';
import { typedSecret } from '../sessions/schema';
import { nameSchema } from '@/server/domain/core/fields';

/** The profile of the signed-in user. */
export const profileSchema = z.object({
  name: z.string(),
  email: z.string(),
  isProven: z.boolean().meta({ description: 'True if a link emailed to the address was used.' }),
  twoFactorSince: instantCodec.nullable(),
  recoveryCodesLeft: z.int(),
});
export type Profile = z.output<typeof profileSchema>;

export const renameUserInput = z.strictObject({ name: nameSchema });
export type RenameUser = z.output<typeof renameUserInput>;

/** The password, required for every change of the second factor. */
export const withPassword = z.strictObject({ password: typedSecret });
export type WithPassword = z.output<typeof withPassword>;

export const withCode = z.strictObject({ code: typedSecret });
export type WithCode = z.output<typeof withCode>;

export const twoFactorSetupSchema = z.object({
  secret: z.string().meta({ description: 'For apps that cannot scan the QR code.' }),
  uri: z.string().meta({ description: 'The content of the QR code.' }),
});
export type TwoFactorSetup = z.output<typeof twoFactorSetupSchema>;

/** New recovery codes. They are shown once. */
export const recoveryCodesSchema = z.object({ recoveryCodes: z.array(z.string()) });
export type RecoveryCodes = z.output<typeof recoveryCodesSchema>;
