import { z, type ZodType } from 'zod';
import type { Context } from '@/server/domain/core/context';
import type { ErrorCode, Refusal } from '@/server/domain/core/errors';
import type { Keep } from '@/server/domain/core/idempotency';
import type { IdPrefix } from '@/server/domain/core/ids';
import type { KeyMember } from '@/server/domain/teams/api-keys/read';
import { BODY_MAX_BYTES } from './body';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a verb is given of a request. Path ids are uuids by now; `onBehalfOf` is the seat of the `Member` header. */
export type Input<Q, B, P = undefined> = {
  params: Record<string, string>;
  query: Q;
  body: B;
  onBehalfOf: string | null;
  holder: KeyMember;
  /** What was made ready before the transaction; undefined where the stored answer needs none of it. */
  prepared: P | undefined;
};

/** One method of one path, as its schemas and the verb that answers it. */
export type Operation = {
  /** `operationId` of the API's document. */
  id: string;
  summary: string;
  /** What its document says beyond the summary, in Markdown. */
  description: string | null;
  query: ZodType;
  body: ZodType | null;
  reply: ZodType;
  /** The status of a success. */
  status: number;
  /** Tells a result for which nothing was made or moved: it answers 200. */
  movesNothing: ((result: unknown) => boolean) | null;
  /** Whether an owner may name a seat with the `Member` header. */
  onBehalf: boolean;
  /** Whether it sends messages, so that its refusals are counted. */
  sends: boolean;
  /** The most that its body may hold. */
  maxBytes: number;
  /** How long a list in its body may be, where that is more than lists are elsewhere. */
  maxItems: number | undefined;
  /** What a request costs of the allowance beyond 1, by its body. */
  extraCost: (body: unknown) => number;
  /** What is slow and has to be done before the transaction that an Idempotency-Key opens around the command. */
  prepare: ((ctx: Context, body: unknown, params: Record<string, string>) => Promise<unknown>) | null;
  /** How its answer is stored for an Idempotency-Key, where that is not the answer itself, and made again. */
  keep: Keep | null;
  /** Where it answers text/csv, its rows as pieces of text; `verb` is not called then. */
  csv: ((ctx: Context, query: unknown) => AsyncIterable<string>) | null;
  /** What else can go wrong than with every operation of its kind. */
  errors: readonly ErrorCode[];
  example: Example;
  run: (ctx: Context, input: Input<unknown, unknown, unknown>) => Promise<unknown>;
};

/** A request and its answer as they are sent: what the API's document shows, and what a test sends. */
type Example<Query = unknown, Body = unknown, Reply = unknown> = {
  query?: Query;
  body?: Body;
  reply?: Reply;
  dryRun?: Reply;
};

/**
 * Describes an operation. The body of the verb is one call into the domain; types follow from the schemas.
 * @param spec.status 200 unless given
 */
export function operation<
  R extends ZodType,
  Q extends ZodType = typeof noQuery,
  B extends ZodType = typeof noBody,
  P = undefined,
>(spec: {
  id: string;
  summary: string;
  description?: string;
  query?: Q;
  body?: B;
  reply: R;
  status?: number;
  movesNothing?: (result: z.output<R>) => boolean;
  onBehalf?: boolean;
  sends?: boolean;
  maxBytes?: number;
  maxItems?: number;
  extraCost?: (body: z.output<B>) => number;
  prepare?: (ctx: Context, body: z.output<B>, params: Record<string, string>) => Promise<P>;
  keep?: Keep<z.output<R>>;
  errors?: readonly ErrorCode[];
  example?: Example<z.input<Q>, z.input<B>, z.input<R>>;
  run: (ctx: Context, input: Input<z.output<Q>, z.output<B>, P>) => Promise<z.output<R> | Refusal>;
}): Operation {
  const { movesNothing, prepare, extraCost = () => 0 } = spec;
  return {
    id: spec.id,
    summary: spec.summary,
    description: spec.description ?? null,
    query: spec.query ?? noQuery,
    body: spec.body ?? null,
    reply: spec.reply,
    status: spec.status ?? 200,
    movesNothing: movesNothing ? (result) => movesNothing(result as z.output<R>) : null,
    onBehalf: spec.onBehalf ?? false,
    sends: spec.sends ?? false,
    maxBytes: spec.maxBytes ?? BODY_MAX_BYTES,
    maxItems: spec.maxItems,
    extraCost: (body) => extraCost(body as z.output<B>),
    prepare: prepare ? (ctx, body, params) => prepare(ctx, body as z.output<B>, params) : null,
    keep: (spec.keep as Keep | undefined) ?? null,
    csv: null,
    errors: spec.errors ?? [],
    example: spec.example ?? {},
    run: (ctx, input) => spec.run(ctx, input as Input<z.output<Q>, z.output<B>, P>),
  };
}

/** Describes an operation that streams all rows of a list as text/csv. */
export function csvOperation<Q extends ZodType = typeof noQuery>(spec: {
  id: string;
  summary: string;
  query?: Q;
  csv: (ctx: Context, query: z.output<Q>) => AsyncIterable<string>;
  errors?: readonly ErrorCode[];
  example: { query?: z.input<Q>; reply: string };
}): Operation {
  const { csv, ...rest } = spec;
  const run = () => Promise.reject(new Error('A table is streamed.'));
  return { ...operation({ ...rest, reply: z.string(), run }), csv: csv as Operation['csv'] };
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
