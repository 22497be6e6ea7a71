import { z } from 'zod';
import { idCodec, moneyCodec } from '@/server/domain/core/codecs';
import { countryInput, idFilter, oneOrMore } from '@/server/domain/core/pagination';
import { MEMBER_STATUSES } from '@/server/domain/teams/members/rules';
import { GROUPS, USAGE_SORTS } from './rules';

const figures = {
  messages: z.int(),
  segments: z.int(),
  delivered: z.int(),
  failed: z.int(),
  cost: moneyCodec.meta({ description: 'Cost, net of refunds.' }),
};

const day = z.iso.date().meta({ description: 'UTC day.' });

/** Messages and their cost, in groups that are not empty; a message counts on the UTC day it was created. */
export const usageSchema = z
  .object({
    from: day,
    to: day.meta({ description: 'The day after the last day.' }),
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

// Earlier days have no data, and Postgres has no year 0.
const dayInput = z.iso
  .date({ abort: true })
  .meta({ description: 'UTC day.' })
  .refine((text) => text >= '1970-01-01', 'must be a day from 1970-01-01 on.');

/** A requested range of UTC days. */
export const dayRange = {
  from: dayInput.optional().meta({ description: 'First day. Default: 30 days before `to`.' }),
  to: dayInput
    .optional()
    .meta({ description: 'The day after the last day. Default: tomorrow, so that today is included.' }),
};

const rangeInput = { ...dayRange, groupBy: z.enum(GROUPS).default('day') };

export const isForward = ({ from, to }: { from?: string | undefined; to?: string | undefined }): boolean =>
  from === undefined || to === undefined || from < to;
export const BACKWARDS = { path: ['to'], message: 'must be after `from`: it is the day after the last one.' };

/** A range of UTC days; `from` is inclusive, `to` exclusive. */
export const usageInput = z
  .strictObject({
    ...rangeInput,
    memberId: idFilter('mem').optional(),
  })
  .refine(isForward, BACKWARDS);
export type UsageInput = z.output<typeof usageInput>;

const usageFilters = z.strictObject({
  ...rangeInput,
  memberId: oneOrMore(idFilter('mem'), 100).optional(),
  country: countryInput.optional(),
  sort: z.enum(USAGE_SORTS).default('cost'),
  direction: z.enum(['asc', 'desc']).default('desc'),
});

/** The groups of a range, each with the figures of the period before. */
export const exportUsageInput = usageFilters.refine(isForward, BACKWARDS);
export type ExportUsage = z.output<typeof exportUsageInput>;

/** The input of `exportUsageInput` for one page of members or countries; all days are returned at once. */
export const browseUsageInput = usageFilters
  .extend({ page: z.int().min(1).max(1_000_000).default(1), pageSize: z.int().min(1).max(100).default(25) })
  .refine(isForward, BACKWARDS);
export type BrowseUsage = z.output<typeof browseUsageInput>;

const range = z.object({ from: day, to: day.meta({ description: 'The day after the last day.' }) });
const compared = {
  now: z.object(figures),
  before: z.object(figures).meta({ description: 'Figures of the same number of days directly before.' }),
};

/** One group of the statistics. A day is compared with the day at the same position in the period before. */
export const usageGroupSchema = z.object({
  key: z.string().meta({ description: 'The day, the country code, or the ID of the member.' }),
  member: z.object({ id: idCodec('mem'), name: z.string(), status: z.enum(MEMBER_STATUSES) }).nullable(),
  ...compared,
});
export type UsageGroup = z.output<typeof usageGroupSchema>;

export const usagePageSchema = z.object({
  groupBy: z.enum(GROUPS),
  range,
  rangeBefore: range,
  total: z.object(compared),
  data: z.array(
    usageGroupSchema.extend({
      spark: z
        .object({ messages: z.array(z.int()), cost: z.array(moneyCodec) })
        .nullable()
        .meta({ description: 'The range in equal parts of whole days, oldest first; null for a day.' }),
    }),
  ),
  groups: z.int().meta({ description: 'Number of groups on all pages.' }),
});
export type UsagePage = z.output<typeof usagePageSchema>;
