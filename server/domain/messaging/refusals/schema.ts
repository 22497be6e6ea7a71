import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { idFilter } from '@/server/domain/core/pagination';
import { dayRange, isForward, BACKWARDS } from '../usage/schema';
import { REFUSAL_REASONS } from './rules';

const day = z.iso.date().meta({ description: 'UTC day.' });

/** A range of UTC days; `from` is inclusive, `to` exclusive. */
export const refusalsInput = z
  .strictObject({ ...dayRange, memberId: idFilter('mem').optional() })
  .refine(isForward, BACKWARDS);
export type RefusalsInput = z.output<typeof refusalsInput>;

/** Refused sends by member, day and reason. */
export const refusalsSchema = z
  .object({
    from: day,
    to: day.meta({ description: 'The day after the last day.' }),
    data: z.array(
      z.object({
        memberId: idCodec('mem'),
        day,
        reason: z.enum(REFUSAL_REASONS),
        count: z.int(),
        lastAt: instantCodec,
      }),
    ),
    total: z.object({ count: z.int() }),
  })
  .meta({ id: 'Refusals' });
export type Refusals = z.output<typeof refusalsSchema>;

/** The refused sends of the last days, most frequent first. */
export const topRefusalsSchema = z.object({
  count: z.int(),
  top: z.array(
    z.object({
      memberId: idCodec('mem'),
      name: z.string(),
      reason: z.enum(REFUSAL_REASONS),
      count: z.int(),
      lastAt: instantCodec,
    }),
  ),
});
export type TopRefusals = z.output<typeof topRefusalsSchema>;
