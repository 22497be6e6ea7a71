import { listAuditEvents } from '@/server/domain/audit/read';
import { auditEventSchema, auditListInput } from '@/server/domain/audit/schema';
import { limitAsNumber, pageOfSchema } from '@/server/domain/lists';
import { query, router } from './procedures';

export const audit = router({
  listAuditEvents: query({
    input: auditListInput.extend(limitAsNumber),
    reply: pageOfSchema(auditEventSchema),
    verb: listAuditEvents,
  }),
});
