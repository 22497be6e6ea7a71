import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec, amountOrZero } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { memberSchema } from '../members/schema';
import { isCurrency } from '@/server/domain/core/money';
import { nameSchema, roleSchema, senderSchema } from '@/server/domain/core/fields';
import { TEXT_RETENTION_DAYS_MAX } from '@/server/domain/core/limits';

const CURRENCY = 'Must be an ISO 4217 currency code with 0, 2 or 3 minor digits, such as USD.';

export const currencySchema = boundedText(3, CURRENCY)
  // Only ASCII letters are upper-cased: "ßD" would become SSD.
  .transform((code) => (/^[A-Za-z]{3}$/.test(code) ? code.toUpperCase() : ''))
  .refine(isCurrency, CURRENCY)
  .meta({ pattern: '^[A-Za-z]{3}$', description: 'ISO 4217 code with 0, 2 or 3 minor digits.' });

/** The team, as its owners see it. */
export const teamSchema = z
  .object({
    id: idCodec('team'),
    name: z.string(),
    slug: z.string(),
    currency: z.string(),
    masterBalance: moneyCodec,
    reserve: moneyCodec,
    defaultSender: z.string().nullable(),
    lowBalance: moneyCodec.nullable(),
    samplePrices: z.boolean(),
    members: z.object({ active: z.int(), inactive: z.int() }),
    burnPerDay: moneyCodec.nullable().meta({
      description:
        "Mean daily cost since the team's first charge, over at most 30 days; null before the first full day.",
    }),
    runwayDays: z.int().nullable().meta({
      description:
        'How many days the master balance lasts at that rate; null before the first full day, and without any cost.',
    }),
    waitingRecharges: z.int(),
    createdAt: instantCodec,
  })
  .meta({ id: 'Team' });
export type Team = z.output<typeof teamSchema>;

export const updateTeamInput = z.strictObject({
  name: nameSchema.optional(),
  currency: currencySchema.optional(),
  reserve: amountOrZero.optional(),
  defaultSender: senderSchema.nullish(),
  lowBalance: amountOrZero.nullish(),
});
export type UpdateTeam = z.output<typeof updateTeamInput>;

const RETENTION = `Must be a whole number of days from 1 to ${TEXT_RETENTION_DAYS_MAX}.`;

/** The team's settings: alert threshold, text retention and reauthentication. */
export const settingsSchema = z
  .object({
    memberLowBalance: moneyCodec
      .nullable()
      .meta({ description: 'Threshold below which the member and the owners are alerted.' }),
    textRetentionDays: z
      .int()
      .nullable()
      .meta({ description: 'Days after which message texts are deleted; null: never.' }),
    requireReauthentication: z.boolean().meta({
      description: 'Whether users in the console confirm their identity before actions that are hard to undo.',
    }),
    reauthenticateAbove: moneyCodec
      .nullable()
      .meta({ description: 'If reauthentication is on, it also applies to debits above this amount.' }),
  })
  .meta({ id: 'Settings' });
export type Settings = z.output<typeof settingsSchema>;

export const updateSettingsInput = z.strictObject({
  memberLowBalance: amountOrZero.nullish(),
  textRetentionDays: z.int(RETENTION).min(1, RETENTION).max(TEXT_RETENTION_DAYS_MAX, RETENTION).nullish(),
  requireReauthentication: z.boolean().optional(),
  reauthenticateAbove: amountOrZero.nullish(),
});
export type UpdateSettings = z.output<typeof updateSettingsInput>;

/** The member and the balance that its key spends: the master balance for an owner. */
export const meSchema = z
  .object({
    team: z.object({ id: idCodec('team'), name: z.string(), currency: z.string() }),
    member: memberSchema,
    key: z.object({ id: idCodec('key'), prefix: z.string(), last4: z.string() }),
    balance: moneyCodec,
  })
  .meta({ id: 'Me' });
export type Me = z.output<typeof meSchema>;

/** The data around every page of a team: the team, the member, and what waits for an owner. */
export const shellSchema = z.object({
  team: z.object({
    id: idCodec('team'),
    name: z.string(),
    slug: z.string(),
    currency: z.string(),
    status: z.enum(['active', 'suspended', 'closed']),
    samplePrices: z.boolean(),
    isCurrencyFixed: z
      .boolean()
      .meta({ description: 'Whether money has moved, so that the currency can no longer change.' }),
    masterBalance: moneyCodec.nullable().meta({ description: 'Only for owners, like the next two.' }),
    reserve: moneyCodec.nullable(),
    lowBalance: moneyCodec.nullable(),
    textRetentionDays: z.int().nullable().meta({ description: 'Days after which message texts are deleted.' }),
  }),
  me: z.object({
    memberId: idCodec('mem'),
    name: z.string(),
    role: roleSchema,
    balance: moneyCodec.meta({ description: "The member's own balance, also for an owner." }),
    isLow: z.boolean().meta({ description: "Whether the member's own balance is below the team's threshold." }),
    canTakeBack: z.boolean().meta({ description: 'Whether the owner role can be taken back now.' }),
  }),
  waitingRecharges: z.int(),
  demo: z.boolean(),
});
export type Shell = z.output<typeof shellSchema>;
