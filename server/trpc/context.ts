import type { MemberActor } from '@/server/domain/core/actor';
import type { Services } from '@/server/domain/core/context';
import type { Origin, SignedInUser } from '@/server/domain/core/user-context';

/**
 * What every procedure is given. The session's gate mints the actor anew for each request, from the seat as it is then:
 * reads rely on it, changes judge the seat again inside their transaction. Null: no team is asked for, or nobody is
 * signed in, which `person` says.
 */
export type ProcedureContext = {
  services: Services;
  actor: MemberActor | null;
  /** Who is signed in, for what is his own and no team's. */
  user: SignedInUser | null;
  origin: Origin;
  requestId: string;
  /** The `Idempotency-Key` of the request: at most one change is asked for in it then. */
  idempotencyKey: string | null;
  /** Takes more of the caller's rate limit for a call that costs more; throws `rate_limited`. Absent where nothing is limited. */
  spend?: (cost: number) => void;
};
