/** How many procedures one request of the pages calls at most: the browser cuts its batches there, the server refuses more. */
export const BATCH_CALLS_MAX = 20;
