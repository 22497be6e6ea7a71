import { z } from 'zod';
import { idCodec, moneyCodec } from '../codecs';

const figures = {
  messages: z.int(),
  segments: z.int(),
  delivered: z.int(),
  failed: z.int(),
  cost: moneyCodec.meta({ description: 'Net of refunds.' }),
};

const day = z.iso.date().meta({ description: 'A day, UTC.' });

/** What was sent and what it cost, in groups that hold something; a message counts on the UTC day it was created. */
export const usageSchema = z
  .object({
    from: day,
    to: day.meta({ description: 'The day after the last one.' }),
    data: z.array(
      z.object({
        memberId: idCodec('mem').optional(),
        day: day.optional(),
        country: z.string().optional(),
        ...figures,
      }),
    ),
    total: z.object(figures),
  })
  .meta({ id: 'Usage' });
export type Usage = z.output<typeof usageSchema>;
export type UsageRow = Usage['data'][number];

export const GROUPS = ['member', 'day', 'country'] as const;

// Before it there was nothing to count, and the year 0 is none that a database knows.
const dayInput = day.refine((text) => text >= '1970-01-01', 'A day from 1970-01-01 on.');

/** Days are UTC; `from` inclusive, `to` exclusive. */
export const usageInput = z
  .strictObject({
    from: dayInput.optional().meta({ description: 'The first day. Default: 30 days before `to`.' }),
    to: dayInput
      .optional()
      .meta({ description: 'The day after the last one. Default: tomorrow, so that today is in it.' }),
    groupBy: z.enum(GROUPS).default('day'),
    memberId: z.string().optional(),
  })
  .refine((input) => input.from === undefined || input.to === undefined || input.from < input.to, {
    path: ['to'],
    message: 'Must be after `from`: it is the day after the last one.',
  });
export type UsageInput = z.output<typeof usageInput>;
