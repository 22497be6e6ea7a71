import { createLoader, parseAsStringLiteral } from 'nuqs/server';
import { parseAsDay, parseAsId, parseAsMatching } from '@/components/ui/search-params';
import { actionsMeant, actorMeant } from '@/server/domain/teams/audit/rules';
import { AUDIT_CHANNELS } from '@/server/domain/core/audit-vocabulary';

/** The state of the audit page in its URL; days are UTC and the last day is included. */
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

/** Returns the filters as the API takes them; the CSV export uses the same. */
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

/** Returns the query of the page, identical on the server and in the browser. */
export const auditQuestion = (view: AuditView) => ({ ...auditFilter(view), limit: 50 });
