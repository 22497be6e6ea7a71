import { z } from 'zod';
import { instantCodec } from '@/server/domain/core/codecs';

/** The most messages that are counted for a carrier that is down. */
export const HELD_COUNTED_MAX = 10_000;

/** The carriers that are down, with the team's messages that wait for them. */
export const downCarriersSchema = z.array(
  z.object({
    name: z.string(),
    detail: z.string().nullable(),
    since: instantCodec,
    waiting: z.int().meta({ description: `The team's messages that wait for it, at most ${HELD_COUNTED_MAX}.` }),
  }),
);
export type DownCarriers = z.output<typeof downCarriersSchema>;
