import type { TRPCMutationProcedure, TRPCQueryProcedure } from '@trpc/server';
import { z, ZodObject, ZodUnion, type ZodRawShape, type ZodType } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { limitAsNumber } from '@/server/domain/core/pagination';
import {
  isTable,
  noInput,
  PATH_IDS,
  pathIdsOf,
  type FieldsOf,
  type IdsIn,
  type Operation,
  type Table,
} from '@/server/operations/operation';
import { onBehalf as member } from './inputs';
import { mutation, query } from './procedures';

/** The input of a procedure as a page sends it: the fields of the operation, with the ids of its path beside them. */
type WireInput<Path extends string, I extends ZodType, Behalf extends boolean> = OrNothing<
  FieldsOf<Paged<z.input<I>>> &
    IdsIn<Path> &
    (Behalf extends true ? { onBehalfOf?: string | null | undefined } : unknown)
>;

/** A procedure without fields is called without an input. */
type OrNothing<In> = unknown extends In ? Record<string, never> | undefined : In;

/** A list takes its limit as a number, because it is in no URL. */
type Paged<In> = In extends { limit?: unknown; cursor?: unknown }
  ? Omit<In, 'limit'> & { limit?: number | undefined }
  : In;

type ProcedureOf<O> =
  O extends Operation<infer Path, infer I, infer R, infer K, infer Behalf>
    ? K extends 'query'
      ? TRPCQueryProcedure<{ meta: object; input: WireInput<Path, I, Behalf>; output: z.input<R> }>
      : TRPCMutationProcedure<{ meta: object; input: WireInput<Path, I, Behalf>; output: z.input<R> }>
    : never;

type Procedures<M> = { [Name in keyof M as M[Name] extends Table ? never : Name]: ProcedureOf<M[Name]> };

/** Returns a procedure for each operation of a module, with the types of its schemas. Tables are downloads, not procedures. */
export function procedures<M extends Record<string, Operation | Table>>(module: M): Procedures<M> {
  const made = Object.entries<Operation | Table>(module).flatMap(([name, declared]) =>
    isTable(declared) ? [] : [[name, procedureOf(declared)] as const],
  );
  return Object.fromEntries(made) as unknown as Procedures<M>;
}

function procedureOf(operation: Operation) {
  const { kind, output, sends, maxBytes, maxItems, keep, prepare, extraCost, run } = operation;
  const spec = { input: fieldsOf(operation), output, sends, maxBytes, maxItems, keep, prepare, extraCost, run };
  return kind === 'query' ? query(spec) : mutation(spec);
}

/** Returns the schema of the whole input. */
function fieldsOf({ path, input, onBehalf }: Operation): ZodType {
  const fields = {
    ...Object.fromEntries(pathIdsOf(path).map((name) => [name, idCodec(PATH_IDS[name])])),
    ...(onBehalf && member),
    ...(input instanceof ZodObject && 'cursor' in input.shape && paged),
  };
  return input === noInput && Object.keys(fields).length === 0 ? input.default({}) : extend(input, fields);
}

/** The paging fields of a list. tRPC's infinite queries send a direction, of which there is one. */
export const paged = { ...limitAsNumber, direction: z.literal('forward').optional() };

function extend(schema: ZodType, fields: ZodRawShape): ZodType {
  if (Object.keys(fields).length === 0) return schema;
  if (schema instanceof ZodUnion) return z.union(schema.options.map((one) => extend(one as ZodType, fields)));
  if (schema instanceof ZodObject) return schema.extend(fields);
  throw new TypeError('The input of an operation with ids or paging must be an object.');
}
