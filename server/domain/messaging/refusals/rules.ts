/** Why a send is refused, as far as it is counted: the codes of the API. What names no sender is not counted. */
export const REFUSAL_REASONS = [
  'insufficient_funds',
  'no_rate',
  'unroutable_number',
  'invalid_request',
  'member_inactive',
  'team_suspended',
] as const;
export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** Returns whether a refusal with this code is counted. */
export const isCounted = (code: string): code is RefusalReason => (REFUSAL_REASONS as readonly string[]).includes(code);
