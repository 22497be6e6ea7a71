import { z } from 'zod';
import { idCodec } from '../codecs';
import { roleSchema } from '../members/schema';

/** One of a person's own seats, in whatever team: what the chooser and the switcher of teams show. */
export const seatSchema = z.object({
  team: z.object({
    id: idCodec('team'),
    name: z.string(),
    slug: z.string(),
    currency: z.string(),
    status: z.enum(['active', 'suspended']),
  }),
  member: z.object({
    id: idCodec('mem'),
    name: z.string(),
    role: roleSchema,
    status: z.enum(['active', 'inactive']),
  }),
  canTakeBack: z.boolean().meta({ description: 'Stepped down himself, and the team has no active owner since.' }),
});
export type Seat = z.output<typeof seatSchema>;

export const seatsSchema = z.array(seatSchema);
