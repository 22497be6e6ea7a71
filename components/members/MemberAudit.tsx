'use client';

import { AuditTable } from '@/components/audit/AuditTable';
import { auditQuestion, NO_FILTERS } from '@/components/audit/search-params';
import { Empty } from '@/components/ui/pieces';
import type { MemberView } from './member';

/** Lists the audit events of one member. */
export const MemberAudit = ({ member }: { member: MemberView }) => (
  <AuditTable
    question={auditQuestion({ ...NO_FILTERS, member: member.id })}
    empty={<Empty title="No events yet">Changes to this member appear here.</Empty>}
  />
);
