import * as apiKeys from './api-keys';
import * as audit from './audit';
import * as autoRecharge from './auto-recharge';
import * as invitations from './invitations';
import * as members from './members';
import * as messages from './messages';
import { isTable, METHODS, type Operation, type Table } from './operation';
import * as rates from './rates';
import * as reports from './reports';
import * as team from './team';
import * as transfers from './transfers';

/** The modules whose exports are the operations of the API. */
export const MODULES = [
  team,
  members,
  invitations,
  apiKeys,
  transfers,
  autoRecharge,
  messages,
  reports,
  rates,
  audit,
] as const;

/** An operation or a table with its name, which is the `operationId` of the OpenAPI document. */
export type Named<T = Operation | Table> = T & { id: string };

/** Every operation and table of the API. */
export const DECLARED: Named[] = MODULES.flatMap((module) =>
  Object.entries<Operation | Table>(module).map(([id, declared]) => ({ ...declared, id })),
);

/** The operations of each path, sorted by path and by method. */
export const BY_PATH: ReadonlyMap<string, [Named, ...Named[]]> = new Map(
  [...new Set(DECLARED.map(({ path }) => path))].toSorted().map((path) => [path, operationsOf(path)]),
);

function operationsOf(path: string): [Named, ...Named[]] {
  const found = DECLARED.filter((one) => one.path === path);
  return found.toSorted((a, b) => METHODS.indexOf(a.method) - METHODS.indexOf(b.method)) as [Named, ...Named[]];
}

/** Every operation that answers JSON. */
export const OPERATIONS = DECLARED.filter((one): one is Named<Operation> => !isTable(one));

/** Every operation that streams a table. */
export const TABLES = DECLARED.filter((one): one is Named<Table> => isTable(one));
