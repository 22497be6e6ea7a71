import { z, type ZodType } from 'zod';
import type { Ctx } from '@/server/domain/ctx';
import type { Refusal } from '@/server/domain/errors';
import type { Keep } from '@/server/domain/idempotency';
import type { IdPrefix } from '@/server/domain/ids';
import type { KeyHolder } from '@/server/domain/keys/read';
import { BODY_MAX_BYTES } from './body';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a verb is given of a request. Path ids are uuids by now; `onBehalfOf` is the seat of the `Member` header. */
export type Input<Q, B> = {
  params: Record<string, string>;
  query: Q;
  body: B;
  onBehalfOf: string | null;
  holder: KeyHolder;
};

/** One method of one path, as its schemas and the verb that answers it. */
export type Operation = {
  /** `operationId` of the API's document. */
  id: string;
  summary: string;
  query: ZodType;
  body: ZodType | null;
  reply: ZodType;
  /** The status of a success; a dry run's may differ. */
  status: (result: unknown) => number;
  /** Whether an owner may name a seat with the `Member` header. */
  onBehalf: boolean;
  /** The most that its body may hold. */
  maxBytes: number;
  /** What a request costs of the allowance beyond 1, by its body. */
  extraCost: (body: unknown) => number;
  /** How its answer is stored for an Idempotency-Key, where that is not the answer itself, and made again. */
  keep: Keep | null;
  /** The same as text/csv, as pieces of text; the list's `limit` and `cursor` do not apply to it. */
  csv: ((ctx: Ctx, query: unknown) => AsyncIterable<string>) | null;
  verb: (ctx: Ctx, input: Input<unknown, unknown>) => Promise<unknown>;
};

/**
 * Describes an operation. The body of the verb is one call into the domain; types follow from the schemas.
 * @param spec.status 200 unless given
 */
export function operation<
  R extends ZodType,
  Q extends ZodType = typeof noQuery,
  B extends ZodType = typeof noBody,
>(spec: {
  id: string;
  summary: string;
  query?: Q;
  body?: B;
  reply: R;
  status?: number | ((result: z.output<R>) => number);
  onBehalf?: boolean;
  maxBytes?: number;
  extraCost?: (body: z.output<B>) => number;
  keep?: Keep<z.output<R>>;
  csv?: (ctx: Ctx, query: z.output<Q>) => AsyncIterable<string>;
  verb: (ctx: Ctx, input: Input<z.output<Q>, z.output<B>>) => Promise<z.output<R> | Refusal>;
}): Operation {
  const { status = 200, extraCost = () => 0 } = spec;
  return {
    id: spec.id,
    summary: spec.summary,
    query: spec.query ?? noQuery,
    body: spec.body ?? null,
    reply: spec.reply,
    status: typeof status === 'number' ? () => status : (result) => status(result as z.output<R>),
    onBehalf: spec.onBehalf ?? false,
    maxBytes: spec.maxBytes ?? BODY_MAX_BYTES,
    extraCost: (body) => extraCost(body as z.output<B>),
    keep: (spec.keep as Keep | undefined) ?? null,
    csv: (spec.csv as Operation['csv'] | undefined) ?? null,
    verb: (ctx, input) => spec.verb(ctx, input as Input<z.output<Q>, z.output<B>>),
  };
}

/** A batch costs one call, and one more for each hundred messages. */
export const batchCost = (body: object): number =>
  'messages' in body && Array.isArray(body.messages) ? body.messages.length / 100 : 0;

const noQuery = z.strictObject({});
const noBody = z.strictObject({});

/** The body of an operation that takes none: `{}` or absent. */
export const emptyBody: ZodType = noBody;

/** What a path is made of: which parameter holds an id of which kind. */
export type Params = Record<string, IdPrefix>;

/** A path of the API with all its operations: what the document is made from. */
export type Registered = { path: string; params: Params; operations: Partial<Record<Method, Operation>> };

const registry = new Map<string, Registered>();

/** Remembers a path when its route module is loaded. */
export function register(entry: Registered): void {
  registry.set(entry.path, entry);
}

/** Every path whose route module has been loaded. */
export const registered = (): Registered[] => [...registry.values()];
