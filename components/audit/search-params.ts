import { createLoader, parseAsStringLiteral } from 'nuqs/server';
import { parseAsDay, parseAsId, parseAsMatching } from '@/components/ui/search-params';
import { actionsMeant, actorMeant } from '@/server/domain/teams/audit/rules';
import { AUDIT_CHANNELS } from '@/server/domain/core/audit-vocabulary';

/** The whole state of the audit page, as it stands in its address; days are UTC, the last one is shown whole. */
export const auditView = {
  what: parseAsMatching((text) => actionsMeant(text).length > 0),
  who: parseAsMatching((text) => actorMeant(text) !== null),
  channel: parseAsStringLiteral(AUDIT_CHANNELS),
  member: parseAsId('mem'),
  from: parseAsDay,
  to: parseAsDay,
};

export const loadAuditView = createLoader(auditView);

export type AuditView = Awaited<ReturnType<typeof loadAuditView>>;

export const NO_FILTERS: AuditView = { what: null, who: null, channel: null, member: null, from: null, to: null };

const DAY_MS = 86_400_000;

/** What the page is narrowed to, in the words of the API: also what its file holds. */
export function auditFilter({ what, who, channel, member, from, to }: AuditView) {
  return {
    ...(what !== null && { action: what }),
    ...(who !== null && { actor: who }),
    ...(channel !== null && { channel }),
    ...(member !== null && { memberId: member }),
    ...(from !== null && { from: from.toISOString() }),
    ...(to !== null && { to: new Date(to.getTime() + DAY_MS).toISOString() }),
  };
}

/** What the page asks for: the same on the server, which asks first, and in the browser. */
export const auditQuestion = (view: AuditView) => ({ ...auditFilter(view), limit: 50 });
