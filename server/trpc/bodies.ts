import { BATCH_MAX_BYTES } from '@/server/domain/messaging/messages/schema';
import { RATES_MAX_BYTES } from '@/server/domain/billing/rates/schema';
import { BODY_MAX_BYTES, LARGEST_BODY_BYTES } from '@/server/http/body';

/** The size limits of bodies that may be larger than others, equal to the API's. */
const LARGE: ReadonlyMap<string, number> = new Map([
  ['rates.previewRates', LARGEST_BODY_BYTES],
  ['rates.importRates', LARGEST_BODY_BYTES],
  ['rates.replaceRates', RATES_MAX_BYTES],
  ['messages.sendBatch', BATCH_MAX_BYTES],
  ['messages.estimateMessages', BATCH_MAX_BYTES],
]);

/**
 * Returns the size limit of a request body by its URL, in bytes. A large procedure must be called alone, not in a
 * batch.
 */
export const maxBytesOf = (url: string): number =>
  LARGE.get(new URL(url).pathname.split('/').at(-1) ?? '') ?? BODY_MAX_BYTES;
