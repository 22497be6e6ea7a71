import { z } from 'zod';
import { instantCodec } from '../codecs';
import { boundedText } from '../input';

export const eraseMeInput = z.strictObject({ password: boundedText(1_000) });
export type EraseMe = z.output<typeof eraseMeInput>;

export const erasedSchema = z.object({
  erasedAt: instantCodec,
  seats: z.int().meta({ description: 'How many seats stay, without a person.' }),
});
export type Erased = z.output<typeof erasedSchema>;
