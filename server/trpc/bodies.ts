import { BODY_MAX_BYTES } from '@/server/http/body';
import type { Meta } from './procedures';
import { appRouter } from './router';

type Procedures = Record<string, { _def: { meta?: Meta } }>;

// oxlint-disable-next-line eslint/no-underscore-dangle -- the place where a router keeps its procedures, as tRPC documents it
const byName = new Map(Object.entries(appRouter._def.procedures as unknown as Procedures));

/**
 * Returns the size limit of a request body by its URL, in bytes. A procedure that takes a larger body than others must be
 * called alone, not in a batch.
 */
export function maxBytesOf(url: string): number {
  const procedure = byName.get(new URL(url).pathname.split('/').at(-1) ?? '');
  // oxlint-disable-next-line eslint/no-underscore-dangle -- as above
  return procedure?._def.meta?.maxBytes ?? BODY_MAX_BYTES;
}
