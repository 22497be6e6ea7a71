import { z } from 'zod';
import { amountOrZero } from '../amounts';
import { idCodec, instantCodec, moneyCodec } from '../codecs';
import { memberSchema, nameSchema } from '../members/schema';
import { senderSchema } from '../messages/schema';
import { isCurrency } from '../money';

export const currencySchema = z
  .string()
  .transform((code) => code.toUpperCase())
  .refine(isCurrency, 'A currency of ISO 4217 with 0, 2 or 3 minor digits, such as USD.')
  .meta({ pattern: '^[A-Za-z]{3}$', description: 'ISO 4217, with 0, 2 or 3 minor digits.' });

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
    burnPerDay: moneyCodec.meta({ description: 'Mean daily cost of the last 30 days.' }),
    runwayDays: z
      .int()
      .nullable()
      .meta({ description: 'How many days the master balance lasts at that rate; null without any cost.' }),
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

/** Who asks and what its key spends: an owner's is the master balance. */
export const meSchema = z
  .object({
    team: z.object({ id: idCodec('team'), name: z.string(), currency: z.string() }),
    member: memberSchema,
    key: z.object({ id: idCodec('key'), prefix: z.string(), last4: z.string() }),
    balance: moneyCodec,
  })
  .meta({ id: 'Me' });
export type Me = z.output<typeof meSchema>;
