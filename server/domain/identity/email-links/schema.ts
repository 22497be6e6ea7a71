import { z } from 'zod';
import { emailSchema } from '@/server/domain/core/fields';
import { boundedText } from '@/server/domain/core/validation';

/** The token of an emailed link. */
export const token = boundedText(200);

export const addressInput = z.strictObject({ email: emailSchema });

export type Address = z.output<typeof addressInput>;

export const tokenInput = z.strictObject({ token });

export type Token = z.output<typeof tokenInput>;
