import type { ZodType } from 'zod';
import { FIELD_OF, isIdName, shapeOf } from './procedures';
import { registered, type Method, type Operation, type Registered } from '@/server/http/operation';

/** One operation of the API, as the router registers it. */
export type Listed = { id: string; method: Method; path: string; params: Registered['params']; operation: Operation };

/** Lists every operation that answers JSON and whose route has been loaded (`serveApi` loads all). */
export const listOperations = (): Listed[] => listAll().filter(({ operation }) => operation.csv === null);

/** Lists every operation that streams a table. */
export const listTables = (): Listed[] => listAll().filter(({ operation }) => operation.csv !== null);

function listAll(): Listed[] {
  return registered().flatMap(({ path, params, operations }) =>
    (Object.entries(operations) as [Method, Operation][]).map(([method, operation]) => ({
      id: operation.id,
      method,
      path,
      params,
      operation,
    })),
  );
}

/** A place for an id or a cursor in a request. */
export type Place = 'path' | 'header' | 'cursor' | 'filter' | 'body';

const fieldsOf = (schema: ZodType | null): string[] => Object.keys(shapeOf(schema));

/** Returns the places of one operation for ids, read from its description. */
export function placesOf({ params, operation }: Listed): Place[] {
  const query = fieldsOf(operation.query);
  return [
    ...(Object.keys(params).length > 0 ? (['path'] as const) : []),
    ...(operation.onBehalf ? (['header'] as const) : []),
    ...(query.includes('cursor') ? (['cursor'] as const) : []),
    ...(query.some(isIdName) ? (['filter'] as const) : []),
    ...(fieldsOf(operation.body).some(isIdName) ? (['body'] as const) : []),
  ];
}

/** Returns the path with its ids filled in. */
export const pathWith = (path: string, ids: Record<string, string>, params: Registered['params']): string =>
  Object.entries(params).reduce(
    (text, [name, prefix]) => text.replace(`{${name}}`, ids[prefix] ?? `${prefix}_missing`),
    path,
  );

/** Returns the fields of the same operation in tRPC for one place of it. */
export function fieldsAt({ params, operation }: Listed, place: Place): string[] {
  switch (place) {
    case 'path':
      return Object.values(params).map((prefix) => FIELD_OF[prefix] ?? `a field for ${prefix}_…`);
    case 'header':
      return ['onBehalfOf'];
    case 'cursor':
      return ['cursor'];
    case 'filter':
      return fieldsOf(operation.query).filter(isIdName);
    case 'body':
      return fieldsOf(operation.body).filter(isIdName);
  }
}
