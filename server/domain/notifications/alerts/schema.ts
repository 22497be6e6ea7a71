import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { MAIL_KINDS } from '../emails/rules';
import { ALERTS } from './rules';
import { roleSchema } from '@/server/domain/core/fields';

/** The user's email alerts in each of their teams. */
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

/** The alerts of a team for its owners. `count` is the number of all low members; those low for longest are listed. */
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
    .meta({
      description: 'Undelivered emails of the last 7 days, except to addresses that a later email has reached.',
    }),
});
export type TeamAlerts = z.output<typeof teamAlertsSchema>;
