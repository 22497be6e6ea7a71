import { z } from 'zod';
import { downCarriersSchema } from '../carriers/schema';
import { topRefusalsSchema } from '../refusals/schema';
import { teamAlertsSchema } from '@/server/domain/notifications/alerts/schema';
import { auditEventSchema } from '@/server/domain/teams/audit/schema';
import { idCodec, instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { RECHARGE_REASONS } from '@/server/domain/billing/auto-recharge/rules';

const sent = { messages: z.int(), cost: moneyCodec };

/** The first page of an owner: usage, top spenders, waiting rules, recent activity and remaining setup steps. */
export const overviewSchema = z.object({
  days: z
    .array(z.object({ day: z.iso.date(), ...sent }))
    .meta({ description: 'The last 60 UTC days including today, oldest first.' }),
  spenders: z.array(z.object({ memberId: idCodec('mem'), name: z.string(), ...sent })),
  waiting: z.array(
    z.object({
      memberId: idCodec('mem'),
      name: z.string(),
      reason: z.enum(RECHARGE_REASONS),
      since: instantCodec,
      balance: moneyCodec,
    }),
  ),
  carriers: downCarriersSchema,
  alerts: teamAlertsSchema,
  refusals: topRefusalsSchema.meta({ description: 'Refused sends of the last 7 UTC days.' }),
  recent: z.array(auditEventSchema),
  setup: z.object({
    hasMember: z.boolean(),
    hasFunds: z.boolean(),
    hasRates: z.boolean().meta({ description: 'Whether the sample prices were confirmed or replaced.' }),
    hasSent: z.boolean(),
  }),
});

export type Overview = z.output<typeof overviewSchema>;
