import type { ZodType } from 'zod';
import { OPERATIONS, TABLES, type Named } from '@/server/operations/all';
import { PATH_IDS, pathIdsOf, type Operation } from '@/server/operations/operation';
import { isIdName, shapeOf } from './procedures';

/** One operation of the API with its name. */
export type Listed = Named<Operation>;

/** Lists every operation that answers JSON. */
export const listOperations = (): Listed[] => OPERATIONS;

/** Lists every operation that streams a table. */
export const listTables = (): typeof TABLES => TABLES;

/** A place for an id or a cursor in a request. */
export type Place = 'path' | 'header' | 'cursor' | 'filter' | 'body';

const fieldsOf = (schema: ZodType): string[] => Object.keys(shapeOf(schema));

/** Returns the fields of one operation for ids and cursors, by their place. */
export function placesOf({ method, path, input, onBehalf }: Listed): Partial<Record<Place, string[]>> {
  const fields = fieldsOf(input);
  const places: Record<Place, string[]> = {
    path: pathIdsOf(path),
    header: onBehalf ? ['onBehalfOf'] : [],
    cursor: method === 'GET' ? fields.filter((name) => name === 'cursor') : [],
    filter: method === 'GET' ? fields.filter(isIdName) : [],
    body: method === 'GET' ? [] : fields.filter(isIdName),
  };
  return Object.fromEntries(Object.entries(places).filter(([, names]) => names.length > 0));
}

/** Returns the path with its ids filled in, which are given by their kind. */
export const pathWith = (path: string, ids: Record<string, string>): string =>
  pathIdsOf(path).reduce((text, name) => {
    const kind = PATH_IDS[name];
    return text.replace(`{${name}}`, ids[kind] ?? `${kind}_missing`);
  }, path);
