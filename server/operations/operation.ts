import { z, type ZodType } from 'zod';
import type { Context } from '@/server/domain/core/context';
import type { ErrorCode, Refusal } from '@/server/domain/core/errors';
import type { Keep } from '@/server/domain/core/idempotency';
import type { IdPrefix } from '@/server/domain/core/ids';

/** The methods of the API, in the order in which they are listed. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

export type Method = (typeof METHODS)[number];

/** The ids that a path may hold: the field of the input, and the kind of the id. */
export const PATH_IDS = {
  memberId: 'mem',
  keyId: 'key',
  invitationId: 'inv',
  messageId: 'msg',
  transferId: 'trf',
} as const satisfies Record<string, IdPrefix>;

export type PathId = keyof typeof PATH_IDS;

/** The ids in a path as fields: `{ memberId: string }` for `/members/{memberId}/credit`. */
export type IdsIn<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Record<Name & PathId, string> & IdsIn<Rest>
  : unknown;

/** Returns the names of the ids in a path. */
export const pathIdsOf = (path: string): PathId[] => [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as PathId);

/** An example as it is sent and answered: shown in the OpenAPI document and sent by a test. */
type Example<In = unknown, Out = unknown> = { input?: In; output?: Out; dryRun?: Out };

/** The part of an operation that the OpenAPI document shows. */
type Described = {
  method: Method;
  /** The path below the API's base, with the names of its ids: `/members/{memberId}`. */
  path: string;
  summary: string;
  /** Markdown in the OpenAPI document, beyond the summary. */
  description: string | null;
  /** The fields beside the ids of the path. A GET takes them from the query, every other method from the body. */
  input: ZodType;
  output: ZodType;
  /** The status of a success. */
  status: number;
  /** The errors beyond those of every operation of its kind. */
  errors: readonly ErrorCode[];
  example: Example;
  /** True if an owner may name a member to act for: the `Member` header, or the field `onBehalfOf` of a procedure. */
  onBehalf: boolean;
};

/** The fields of an object; of an object without fields, nothing that would forbid others. */
export type FieldsOf<T> = string extends keyof T ? unknown : T;

/** The whole input of an operation, as `run` receives it: ids are uuids, amounts are micros. */
export type InputOf<Path extends string, I extends ZodType, Behalf extends boolean> = FieldsOf<z.output<I>> &
  IdsIn<Path> &
  (Behalf extends true ? { onBehalfOf: string | null } : unknown);

/** A query only reads; a command runs once per Idempotency-Key. */
export type Kind = 'query' | 'command';

/** A command or query of the domain with everything by which a channel serves it. */
export type Operation<
  Path extends string = string,
  I extends ZodType = ZodType,
  R extends ZodType = ZodType,
  K extends Kind = Kind,
  Behalf extends boolean = boolean,
> = Described & {
  path: Path;
  input: I;
  output: R;
  kind: K;
  onBehalf: Behalf;
  /** True if it sends messages, so that its refusals are counted. */
  sends: boolean;
  /** The size limit of its body in bytes, if above the default. */
  maxBytes: number | undefined;
  /** The length limit of lists in its body, if above the default. */
  maxItems: number | undefined;
  /** The form in which its result is stored for an Idempotency-Key, if that is not the printed answer. */
  keep: Keep | null;
  /** Returns whether nothing was created or moved, so that the status is 200. */
  movesNothing(this: void, result: z.output<R>): boolean;
  /** True if `movesNothing` can be true. */
  mayMoveNothing: boolean;
  /** Returns the cost of a call in rate-limit tokens beyond 1. */
  extraCost(this: void, input: InputOf<Path, I, Behalf>): number;
  /** Does slow work before the transaction that an Idempotency-Key opens around the command. */
  prepare: ((ctx: Context, input: unknown) => Promise<unknown>) | null;
  run(this: void, ctx: Context, input: InputOf<Path, I, Behalf>, prepared?: unknown): Promise<z.output<R> | Refusal>;
};

/**
 * Declares an operation. `run` is one call into the domain; the types of its input and result follow from the path and
 * the schemas.
 * @param spec.status 200 by default
 * @param spec.reads true for a query that is a POST because its input is too large for a URL
 */
export function operation<
  Path extends string,
  M extends Method,
  R extends ZodType,
  I extends ZodType = typeof noInput,
  P = undefined,
  Behalf extends boolean = false,
  Reads extends boolean = false,
>(spec: {
  method: M;
  path: Path;
  summary: string;
  description?: string;
  input?: I;
  output: R;
  status?: number;
  errors?: readonly ErrorCode[];
  example?: Example<z.input<I>, z.input<R>>;
  onBehalf?: Behalf;
  reads?: Reads;
  sends?: boolean;
  maxBytes?: number;
  maxItems?: number;
  keep?: Keep<z.output<R>>;
  movesNothing?: (result: z.output<R>) => boolean;
  extraCost?: (input: InputOf<Path, I, Behalf>) => number;
  prepare?: (ctx: Context, input: InputOf<Path, I, Behalf>) => Promise<P>;
  /** `prepared` is undefined where the stored answer does not need it. */
  run: (ctx: Context, input: InputOf<Path, I, Behalf>, prepared: P | undefined) => Promise<z.output<R> | Refusal>;
}): Operation<Path, I, R, M extends 'GET' ? 'query' : Reads extends true ? 'query' : 'command', Behalf> {
  const { prepare } = spec;
  type K = M extends 'GET' ? 'query' : Reads extends true ? 'query' : 'command';
  return {
    ...spec,
    description: spec.description ?? null,
    input: spec.input ?? (noInput as ZodType as I),
    status: spec.status ?? 200,
    errors: spec.errors ?? [],
    example: spec.example ?? {},
    kind: (spec.method === 'GET' || spec.reads ? 'query' : 'command') as K,
    onBehalf: spec.onBehalf ?? (false as Behalf),
    sends: spec.sends ?? false,
    maxBytes: spec.maxBytes,
    maxItems: spec.maxItems,
    keep: (spec.keep as Keep | undefined) ?? null,
    movesNothing: spec.movesNothing ?? (() => false),
    mayMoveNothing: spec.movesNothing !== undefined,
    extraCost: spec.extraCost ?? (() => 0),
    prepare: prepare ? (ctx, input) => prepare(ctx, input as InputOf<Path, I, Behalf>) : null,
    run: (ctx, input, prepared) => spec.run(ctx, input, prepared as P | undefined),
  };
}

/** The input of an operation without fields. */
export const noInput = z.strictObject({});

/** The columns of a table: each name with its cell. `text` marks free text. */
export type Columns<T> = Record<string, ((row: T) => Cell) | { text: (row: T) => string | null }>;
export type Cell = string | number | null;

/** The rows of a table, page by page, with its columns. */
// oxlint-disable-next-line typescript/no-explicit-any -- the rows of any table
export type Rows<T = any> = { columns: Columns<T>; pages: AsyncIterable<T[]> };

/** An operation that streams all rows of a list as text/csv. */
export type Table = Described & { rows(this: void, ctx: Context, input: unknown): Rows };

/** Declares a table. */
export function table<I extends ZodType>(spec: {
  path: string;
  summary: string;
  input: I;
  errors?: readonly ErrorCode[];
  example: Example<z.input<I>, string>;
  rows: (ctx: Context, input: z.output<I>) => Rows;
}): Table {
  return {
    errors: [],
    ...spec,
    method: 'GET',
    description: null,
    output: z.string(),
    status: 200,
    onBehalf: false,
    rows: (ctx, input) => spec.rows(ctx, input as z.output<I>),
  };
}

export const isTable = (declared: Operation | Table): declared is Table => 'rows' in declared;

/** Returns the extra rate-limit tokens of a batch: one for each hundred messages. */
export const batchCost = (input: object): number =>
  'messages' in input && Array.isArray(input.messages) ? input.messages.length / 100 : 0;
