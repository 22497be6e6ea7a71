import { z } from 'zod';
import { instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';

export const eraseMeInput = z.strictObject({ password: boundedText(1_000) });
export type EraseMe = z.output<typeof eraseMeInput>;

export const erasedSchema = z.object({
  erasedAt: instantCodec,
  members: z.int().meta({ description: 'Number of members that stay, without a user.' }),
});
export type Erased = z.output<typeof erasedSchema>;
