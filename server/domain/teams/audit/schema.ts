import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { idFilter, instantInput, listInput } from '@/server/domain/core/pagination';
import { actionsMeant, actorMeant } from './rules';
import { AUDIT_CHANNELS } from '@/server/domain/core/audit-vocabulary';

const facts = z.record(z.string(), z.unknown()).nullable();

const actorSchema = z.object({
  type: z.enum(['user', 'key', 'operator']),
  id: z.string().nullable().meta({ description: 'Of the person or the key; null for the operator.' }),
  name: z.string(),
});

/** Who did what, when, from where and through which door. `before` and `after` hold no secret; ids in them are printed. */
export const auditEventSchema = z
  .object({
    id: idCodec('aud'),
    at: instantCodec,
    action: z
      .string()
      .meta({ description: 'What was done, such as `member.created`; its noun stands before the dot.' }),
    actor: actorSchema,
    channel: z.enum(AUDIT_CHANNELS),
    address: z
      .string()
      .nullable()
      .meta({ description: 'From where it was asked; null for the operator and for jobs.' }),
    requestId: z.string().nullable(),
    targetType: z.string(),
    targetId: z.string().nullable().meta({ description: 'Printed with the prefix of its kind.' }),
    targetName: z
      .string()
      .nullable()
      .meta({ description: 'The name of the member that it was done to, as it is now.' }),
    before: facts,
    after: facts,
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.output<typeof auditEventSchema>;

/** What narrows the log: on its page, in its file and through the API alike. */
export const auditFilters = z.strictObject({
  memberId: idFilter('mem').optional().meta({ description: 'What was done to this member.' }),
  action: boundedText(100)
    .refine(
      (text) => actionsMeant(text).length > 0,
      'must be an action, such as member.created, or what actions are about, such as member.',
    )
    .optional()
    .meta({ description: 'One action, such as `member.created`, or all about a noun, such as `member`.' }),
  actor: boundedText(64)
    .refine((text) => actorMeant(text) !== null, 'must be an id of the form usr_… or key_…, or operator.')
    .optional()
    .meta({ description: 'What this person (`usr_…`) or key (`key_…`) did; `operator`: what no seat did.' }),
  channel: z.enum(AUDIT_CHANNELS).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type AuditFilters = z.output<typeof auditFilters>;

export const auditListInput = auditFilters.extend(listInput);
export type ListAuditEvents = z.output<typeof auditListInput>;

/** Everyone of whom the log tells, some at most. */
export const actorsSchema = z.array(actorSchema);
export type Actors = z.output<typeof actorsSchema>;
