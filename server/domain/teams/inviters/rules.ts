/** The reasons of a revocation: an owner did it, or the inviter may no longer invite. */
export const REVOKED_REASONS = [
  'by_owner',
  'inviter_not_owner',
  'inviter_inactive',
  'inviter_deleted',
  'inviter_left',
] as const;
export type RevokedReason = (typeof REVOKED_REASONS)[number];
