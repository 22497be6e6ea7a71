/** The counted reasons of a refused send, as codes of the API. Refusals without a member are not counted. */
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
