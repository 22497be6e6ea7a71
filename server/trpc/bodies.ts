import { BATCH_MAX_BYTES } from '@/server/domain/messages/schema';
import { RATES_MAX_BYTES } from '@/server/domain/rates/schema';
import { BODY_MAX_BYTES } from '@/server/http/body';

/** A file comes as a text within JSON, in which each quote and line end takes one byte more. */
const FILE_MAX_BYTES = 1.5 * RATES_MAX_BYTES;

/** What may be longer than other bodies: as the API takes it. */
const LARGE: ReadonlyMap<string, number> = new Map([
  ['rates.previewRates', FILE_MAX_BYTES],
  ['rates.importRates', FILE_MAX_BYTES],
  ['rates.replaceRates', RATES_MAX_BYTES],
  ['messages.sendBatch', BATCH_MAX_BYTES],
  ['messages.estimateMessages', BATCH_MAX_BYTES],
]);

/** The most that the body of a request may hold, by its URL: a large one is asked for alone, in no batch. */
export const maxBytesOf = (url: string): number =>
  LARGE.get(new URL(url).pathname.split('/').at(-1) ?? '') ?? BODY_MAX_BYTES;
