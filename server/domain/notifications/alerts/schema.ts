import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { MAIL_KINDS } from '../emails/rules';
import { ALERTS } from './rules';
import { roleSchema } from '@/server/domain/core/fields';

/** For each team of a person, what he is told of by mail there. */
export const ownAlertsSchema = z.array(
  z.object({
    team: z.object({ name: z.string(), slug: z.string() }),
    memberId: idCodec('mem'),
    role: roleSchema,
    alerts: z.array(z.object({ kind: z.enum(ALERTS), on: z.boolean() })),
  }),
);
export type OwnAlerts = z.output<typeof ownAlertsSchema>;

export const setAlertsInput = z.strictObject({ memberId: idCodec('mem'), kind: z.enum(ALERTS), on: z.boolean() });
export type SetAlerts = z.output<typeof setAlertsInput>;

/** What an owner should look at now. `count` is of all members that are low; those who have been so the longest are named. */
export const teamAlertsSchema = z.object({
  low: z.object({
    count: z.int(),
    below: moneyCodec.nullable(),
    members: z.array(
      z.object({ memberId: idCodec('mem'), name: z.string(), balance: moneyCodec, since: instantCodec }),
    ),
  }),
  lostMails: z
    .array(z.object({ address: z.string(), kind: z.enum(MAIL_KINDS), why: z.string().nullable(), at: instantCodec }))
    .meta({ description: 'Of the last 7 days, but for addresses that a later mail has reached.' }),
});
export type TeamAlerts = z.output<typeof teamAlertsSchema>;
