import { ZodDefault, ZodObject, ZodUnion, type ZodType } from 'zod';
import type { MemberActor } from '@/server/domain/core/actor';
import { newRequestId, newUuid7, printId, type IdPrefix } from '@/server/domain/core/ids';
import type { Origin, SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { OPERATIONS } from '@/server/operations/all';
import { ProblemError, type Problem } from '@/server/trpc/problem';
import { appRouter, createCaller } from '@/server/trpc/router';
import { ctxOf } from './team';

/** One procedure of the router: its noun, its name, and its input as a schema. */
export type Procedure = { noun: string; id: string; type: 'query' | 'mutation'; input: ZodType };

/** The routers that need no member: a user's own data, and those for visitors. */
const WITHOUT_MEMBER = ['account', 'access', 'joining', 'mailbox'];

/** Lists every procedure of a team, as the router holds them. */
export const listProcedures = (): Procedure[] => listAll().filter(({ noun }) => !WITHOUT_MEMBER.includes(noun));

/** Lists the procedures that need no member: those of a user, and those for visitors. */
export const listMemberlessProcedures = (): Procedure[] =>
  listAll().filter(({ noun }) => WITHOUT_MEMBER.includes(noun));

/** Lists the procedures of a user, which name no team. */
export const listUserProcedures = (): Procedure[] => listAll().filter(({ noun }) => noun === 'account');

/** Lists the procedures for visitors. */
export const listVisitorProcedures = (noun: 'access' | 'joining'): Procedure[] =>
  listAll().filter((one) => one.noun === noun);

function listAll(): Procedure[] {
  // oxlint-disable-next-line eslint/no-underscore-dangle -- where a router keeps its procedures, as tRPC documents it
  const found = appRouter._def.procedures as unknown as Record<
    string,
    { _def: { type: Procedure['type']; inputs: [ZodType] } }
  >;
  return Object.entries(found).map(([path, { _def }]) => {
    const [noun = '', id = ''] = path.split('.');
    const [input] = _def.inputs;
    // A procedure without input takes `{}`.
    return { noun, id, type: _def.type, input: input instanceof ZodDefault ? (input.unwrap() as ZodType) : input };
  });
}

const isOperation = ({ id }: Procedure): boolean => OPERATIONS.some((one) => one.id === id);

/** Lists the procedures of the operations of the API. */
export const listCommands = (): Procedure[] => listProcedures().filter(isOperation);

/** Lists the procedures that only serve a page. */
export const listPageProcedures = (): Procedure[] => listProcedures().filter((one) => !isOperation(one));

/** Returns the fields of an object, or of every object in a union. */
export function shapeOf(schema: ZodType | null): Record<string, ZodType> {
  if (schema instanceof ZodUnion) return Object.assign({}, ...schema.options.map((one) => shapeOf(one as ZodType)));
  return schema instanceof ZodObject ? schema.shape : {};
}

const PREFIXES: IdPrefix[] = ['team', 'usr', 'mem', 'key', 'inv', 'msg', 'trf', 'rce', 'whk', 'evt', 'dlv', 'aud'];

/** Returns true when a schema reads an id: it accepts a printed one and returns a UUID. */
async function readsId(schema: ZodType): Promise<boolean> {
  const uuid = newUuid7();
  const read = await Promise.all(PREFIXES.map((prefix) => schema.safeParseAsync(printId(prefix, uuid))));
  return read.some(({ data }) => data === uuid);
}

/** Lists the fields of a procedure's input for an id or a cursor, by their schemas or their names. */
export async function idFieldsOf({ input }: Procedure): Promise<string[]> {
  const fields: string[] = [];
  for (const [name, schema] of Object.entries(shapeOf(input))) {
    if (name === 'cursor' || isIdName(name) || (await readsId(schema))) fields.push(name);
  }
  return fields;
}

/** Returns true for the name of a field that holds ids. */
export const isIdName = (name: string): boolean => /Ids?$/.test(name) && name !== 'externalId';

/** Returns the session of a key's member, as the member is now. */
export async function sessionOf(key: string): Promise<MemberActor> {
  const { actor } = await ctxOf(key);
  return { ...actor, channel: 'web', credential: { type: 'user', id: newUuid7() } };
}

/** Returns the user of a member's session. */
export const userOf = ({ credential, name }: MemberActor): SignedInUser => ({
  sessionId: newUuid7(),
  userId: credential.id,
  name,
  email: 'somebody@example.test',
});

/** The origin of the requests of tests. */
export const HERE: Origin = { address: '192.0.2.1', agent: 'a test' };

/** The result of a call: its answer or its problem. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer
export type Result = { data: any; problem: null } | { data: null; problem: Problem };

/** Calls a procedure by its name. A problem is returned, any other error is thrown. */
export async function callProcedure(
  actor: MemberActor | null,
  id: string,
  input?: unknown,
  idempotencyKey: string | null = null,
  demo = true,
): Promise<Result> {
  const { noun } = listProcedures().find((one) => one.id === id)!;
  const given = { actor, user: actor && userOf(actor), origin: HERE, requestId: newRequestId(), idempotencyKey };
  const context = { services: { ...services(), demo }, ...given };
  const caller = createCaller(context) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  try {
    return { data: await caller[noun]![id]!(input), problem: null };
  } catch (error) {
    if (error instanceof ProblemError) return { data: null, problem: error.problem };
    throw error;
  }
}
