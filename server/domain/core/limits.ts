/** Procedures per tRPC request: the browser splits its batches at this size, the server refuses larger ones. */
export const BATCH_CALLS_MAX = 20;

/** Longest text retention that a team can set, in days: ten years. */
export const TEXT_RETENTION_DAYS_MAX = 3650;
