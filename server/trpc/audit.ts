import { listAuditEvents, pickActors } from '@/server/domain/teams/audit/read';
import { actorsSchema, auditEventSchema, auditListInput } from '@/server/domain/teams/audit/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { paged } from './inputs';
import { query, router } from './procedures';

export const audit = router({
  listAuditEvents: query({
    input: auditListInput.extend(paged),
    reply: pageOfSchema(auditEventSchema),
    run: listAuditEvents,
  }),
  pickActors: query({ reply: actorsSchema, run: pickActors }),
});
