import { z } from 'zod';
import { idCodec } from '../codecs';
import { roleSchema } from '../members/schema';
import { ALERTS } from './rules';

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
