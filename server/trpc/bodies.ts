import { BATCH_MAX_BYTES } from '@/server/domain/messaging/messages/schema';
import { RATES_MAX_BYTES } from '@/server/domain/billing/rates/schema';
import { BODY_MAX_BYTES, LARGEST_BODY_BYTES } from '@/server/http/body';

/** What may be longer than other bodies: as the API takes it. */
const LARGE: ReadonlyMap<string, number> = new Map([
  ['rates.previewRates', LARGEST_BODY_BYTES],
  ['rates.importRates', LARGEST_BODY_BYTES],
  ['rates.replaceRates', RATES_MAX_BYTES],
  ['messages.sendBatch', BATCH_MAX_BYTES],
  ['messages.estimateMessages', BATCH_MAX_BYTES],
]);

/** The most that the body of a request may hold, by its URL: a large one is asked for alone, in no batch. */
export const maxBytesOf = (url: string): number =>
  LARGE.get(new URL(url).pathname.split('/').at(-1) ?? '') ?? BODY_MAX_BYTES;
