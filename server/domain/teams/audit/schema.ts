import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { idFilter, instantInput, listInput } from '@/server/domain/core/pagination';
import { actionsMeant, actorMeant } from './rules';
import { AUDIT_CHANNELS } from '@/server/domain/core/audit-vocabulary';

const facts = z.record(z.string(), z.unknown()).nullable();

const actorSchema = z.object({
  type: z.enum(['user', 'key', 'operator']),
  id: z.string().nullable().meta({ description: 'ID of the user or the key; null for the operator.' }),
  name: z.string(),
});

/**
 * One audit row: actor, action, time, address and channel. `before` and `after` hold no secret, and their ids are
 * printed.
 */
export const auditEventSchema = z
  .object({
    id: idCodec('aud'),
    at: instantCodec,
    action: z
      .string()
      .meta({ description: 'The action, such as `member.created`; the part before the dot is its noun.' }),
    actor: actorSchema,
    channel: z.enum(AUDIT_CHANNELS),
    address: z
      .string()
      .nullable()
      .meta({ description: 'IP address of the request; null for the operator and for jobs.' }),
    requestId: z.string().nullable(),
    targetType: z.string(),
    targetId: z.string().nullable().meta({ description: 'ID of the target, with the prefix of its type.' }),
    targetName: z.string().nullable().meta({ description: 'Current name of the member that was changed.' }),
    before: facts,
    after: facts,
  })
  .meta({ id: 'AuditEvent' });
export type AuditEvent = z.output<typeof auditEventSchema>;

/** Filters of the audit log, the same for the page, the file and the API. */
export const auditFilters = z.strictObject({
  memberId: idFilter('mem').optional().meta({ description: 'Only events about this member.' }),
  action: boundedText(100)
    .refine(
      (text) => actionsMeant(text).length > 0,
      'must be an action, such as member.created, or what actions are about, such as member.',
    )
    .optional()
    .meta({ description: 'One action, such as `member.created`, or all actions of a noun, such as `member`.' }),
  actor: boundedText(64)
    .refine((text) => actorMeant(text) !== null, 'must be an id of the form usr_… or key_…, or operator.')
    .optional()
    .meta({ description: 'Only events by this user (`usr_…`) or key (`key_…`), or by the `operator`.' }),
  channel: z.enum(AUDIT_CHANNELS).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type AuditFilters = z.output<typeof auditFilters>;

export const auditListInput = auditFilters.extend(listInput);
export type ListAuditEvents = z.output<typeof auditListInput>;

/** All actors in the log, up to a limit. */
export const actorsSchema = z.array(actorSchema);
export type Actors = z.output<typeof actorsSchema>;
