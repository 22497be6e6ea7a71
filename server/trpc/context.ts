import type { MemberActor } from '@/server/domain/core/actor';
import type { Services } from '@/server/domain/core/context';
import type { Origin, SignedInUser } from '@/server/domain/core/user-context';

/**
 * The context of every procedure. The actor is created anew for each request from the member as it is then: reads rely
 * on it, commands check the member again in their transaction. Null without a team, or if nobody is signed in, as
 * `user` tells.
 */
export type ProcedureContext = {
  services: Services;
  actor: MemberActor | null;
  /** The signed-in user, for data that belongs to no team. */
  user: SignedInUser | null;
  origin: Origin;
  requestId: string;
  /** The `Idempotency-Key` of the request, which then contains at most one command. */
  idempotencyKey: string | null;
  /** Takes more rate-limit tokens for an expensive call; throws `rate_limited`. Absent where nothing is limited. */
  spend?: (cost: number) => void;
};
