import { z, type ZodType } from 'zod';
import type { Context } from '@/server/domain/core/context';
import type { ErrorCode, Refusal } from '@/server/domain/core/errors';
import type { Keep } from '@/server/domain/core/idempotency';
import type { IdPrefix } from '@/server/domain/core/ids';
import type { KeyMember } from '@/server/domain/teams/api-keys/read';
import { BODY_MAX_BYTES } from './body';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** The input of an operation. Path ids are already uuids; `onBehalfOf` is the member of the `Member` header. */
export type Input<Q, B, P = undefined> = {
  params: Record<string, string>;
  query: Q;
  body: B;
  onBehalfOf: string | null;
  keyMember: KeyMember;
  /** The result of `prepare`; undefined where the stored answer does not need it. */
  prepared: P | undefined;
};

/** One method of one path: its schemas and the command or query that answers it. */
export type Operation = {
  /** The `operationId` of the OpenAPI document. */
  id: string;
  summary: string;
  /** Markdown in the OpenAPI document, beyond the summary. */
  description: string | null;
  query: ZodType;
  body: ZodType | null;
  reply: ZodType;
  /** The status of a success. */
  status: number;
  /** Returns whether nothing was created or moved, so that the status is 200. */
  movesNothing: ((result: unknown) => boolean) | null;
  /** True if an owner may name a member with the `Member` header. */
  onBehalf: boolean;
  /** True if it sends messages, so that its refusals are counted. */
  sends: boolean;
  /** The size limit of its body, in bytes. */
  maxBytes: number;
  /** The length limit of lists in its body, if above the default. */
  maxItems: number | undefined;
  /** The cost of a request in rate-limit tokens beyond 1, by its body. */
  extraCost: (body: unknown) => number;
  /** Does slow work before the transaction that an Idempotency-Key opens around the command. */
  prepare: ((ctx: Context, body: unknown, params: Record<string, string>) => Promise<unknown>) | null;
  /** The form in which its answer is stored for an Idempotency-Key, if that is not the answer itself. */
  keep: Keep | null;
  /** Yields its rows as text/csv; `run` is not called then. */
  csv: ((ctx: Context, query: unknown) => AsyncIterable<string>) | null;
  /** The errors beyond those of every operation of its kind. */
  errors: readonly ErrorCode[];
  example: Example;
  run: (ctx: Context, input: Input<unknown, unknown, unknown>) => Promise<unknown>;
};

/** An example request and its response as they are sent: shown in the OpenAPI document and sent by a test. */
type Example<Query = unknown, Body = unknown, Reply = unknown> = {
  query?: Query;
  body?: Body;
  reply?: Reply;
  dryRun?: Reply;
};

/**
 * Describes an operation. `run` is one call into the domain; types follow from the schemas.
 * @param spec.status 200 by default
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

/** Returns the extra rate-limit tokens of a batch: one for each hundred messages. */
export const batchCost = (body: object): number =>
  'messages' in body && Array.isArray(body.messages) ? body.messages.length / 100 : 0;

const noQuery = z.strictObject({});
const noBody = z.strictObject({});

/** The body of an operation without one: `{}` or absent. */
export const emptyBody: ZodType = noBody;

/** The id kinds of the parameters in a path. */
export type Params = Record<string, IdPrefix>;

/** A path of the API with all its operations, as described in the OpenAPI document. */
export type Registered = { path: string; params: Params; operations: Partial<Record<Method, Operation>> };

const registry = new Map<string, Registered>();

/** Registers a path when its route module is loaded. */
export function register(entry: Registered): void {
  registry.set(entry.path, entry);
}

/** Returns every path whose route module is loaded. */
export const registered = (): Registered[] => [...registry.values()];
