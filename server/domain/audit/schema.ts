import { z } from 'zod';
import { idCodec, instantCodec } from '../codecs';
import { listInput } from '../lists';

const facts = z.record(z.string(), z.unknown()).nullable();

/** Who did what, when, from where and through which door. `before` and `after` hold no secret; ids in them are printed. */
export const auditEventSchema = z.object({
  id: idCodec('aud'),
  at: instantCodec,
  action: z.string(),
  actor: z.object({ type: z.enum(['user', 'key', 'operator']), name: z.string() }),
  door: z.enum(['web', 'api', 'cli', 'job']),
  address: z.string().nullable(),
  targetType: z.string(),
  targetId: z.string().nullable().meta({ description: 'Printed with the prefix of its kind.' }),
  targetName: z.string().nullable().meta({ description: 'The name of the member that it was done to, as it is now.' }),
  before: facts,
  after: facts,
});
export type AuditEvent = z.output<typeof auditEventSchema>;

export const auditListInput = z.strictObject({ ...listInput, memberId: z.string().optional() });
export type ListAuditEvents = z.output<typeof auditListInput>;
