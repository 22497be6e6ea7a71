/** Ids of the accounts that every team has but its master (whose id is the team's). The SQL functions use the same. */
export const USAGE_ACCOUNT = '00000000-0000-7000-8000-000000000001';
export const FUNDING_ACCOUNT = '00000000-0000-7000-8000-000000000002';
export const RECEIVABLE_ACCOUNT = '00000000-0000-7000-8000-000000000003';
