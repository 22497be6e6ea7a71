import { z } from 'zod';
import { emailSchema } from '@/server/domain/core/fields';
import { boundedText } from '@/server/domain/core/validation';

/** What stands in a link, or was typed from it. */
export const token = boundedText(200);

export const addressInput = z.strictObject({ email: emailSchema });

export type Address = z.output<typeof addressInput>;

export const tokenInput = z.strictObject({ token });

export type Token = z.output<typeof tokenInput>;
