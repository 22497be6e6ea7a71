/** How many procedures one request of the pages calls at most: the browser cuts its batches there, the server refuses more. */
export const BATCH_CALLS_MAX = 20;

/** After how many days at most a team may have the texts of its messages removed: ten years. */
export const TEXT_RETENTION_DAYS_MAX = 3650;
