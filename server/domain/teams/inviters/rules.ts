/** Why an invitation was revoked: by an owner, or because its inviter may not invite any more. */
export const REVOKED_REASONS = [
  'by_owner',
  'inviter_not_owner',
  'inviter_inactive',
  'inviter_deleted',
  'inviter_left',
] as const;
export type RevokedReason = (typeof REVOKED_REASONS)[number];
