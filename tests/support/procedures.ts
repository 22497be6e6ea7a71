import { ZodDefault, ZodObject, ZodUnion, type ZodType } from 'zod';
import type { MemberActor } from '@/server/domain/core/actor';
import { newRequestId, newUuid7, printId, type IdPrefix } from '@/server/domain/core/ids';
import type { Origin, SignedInUser } from '@/server/domain/core/user-context';
import { services } from '@/server/http/services';
import { ProblemError, type Problem } from '@/server/trpc/problem';
import { appRouter, createCaller } from '@/server/trpc/router';
import { ctxOf } from './team';

/** One procedure of the router: its noun, its name, and its input as a schema. */
export type Procedure = { noun: string; id: string; type: 'query' | 'mutation'; input: ZodType };

/** What needs no seat: a person's own things, and what anyone may ask for. */
const WITHOUT_SEAT = ['account', 'access', 'joining', 'mailbox'];

/** Every procedure of a team, found in the router itself. */
export const listProcedures = (): Procedure[] => listAll().filter(({ noun }) => !WITHOUT_SEAT.includes(noun));

/** Those that need no seat: a person's own, and what anyone may ask for. */
export const listWithoutSeat = (): Procedure[] => listAll().filter(({ noun }) => WITHOUT_SEAT.includes(noun));

/** Those of a person, who names no team. */
export const listUserProcedures = (): Procedure[] => listAll().filter(({ noun }) => noun === 'account');

/** Those that anyone may ask for. */
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
    // Where nothing is asked for, `{}` stands for no input.
    return { noun, id, type: _def.type, input: input instanceof ZodDefault ? (input.unwrap() as ZodType) : input };
  });
}

/** What only shapes a page, and so has no operation of the API. A new one that shows or does more than those needs one. */
const OF_PAGES =
  /^(browse|pick|preview)[A-Z]|^(getMemberRow|getShell|getOverview|fundSandbox|importRates|inspectMessage|openLink)$/;

/** The procedures that stand for an operation of the API. */
export const listCommands = (): Procedure[] => listProcedures().filter(({ id }) => !OF_PAGES.test(id));

/** The others. */
export const listPageProcedures = (): Procedure[] => listProcedures().filter(({ id }) => OF_PAGES.test(id));

/** The fields of an object, or of every object that is one of several forms. */
export function shapeOf(schema: ZodType | null): Record<string, ZodType> {
  if (schema instanceof ZodUnion) return Object.assign({}, ...schema.options.map((one) => shapeOf(one as ZodType)));
  return schema instanceof ZodObject ? schema.shape : {};
}

/** The fields of each kind of id that stands in a path of the API. */
export const FIELD_OF: Partial<Record<IdPrefix, string>> = {
  mem: 'memberId',
  key: 'keyId',
  inv: 'invitationId',
  msg: 'messageId',
  trf: 'transferId',
};

const PREFIXES: IdPrefix[] = ['team', 'usr', 'mem', 'key', 'inv', 'msg', 'trf', 'rce', 'whk', 'evt', 'dlv', 'aud'];

/** Whether a schema reads an id: it takes a printed one and makes a uuid of it. */
async function readsId(schema: ZodType): Promise<boolean> {
  const uuid = newUuid7();
  const read = await Promise.all(PREFIXES.map((prefix) => schema.safeParseAsync(printId(prefix, uuid))));
  return read.some(({ data }) => data === uuid);
}

/** The fields of a procedure's input in which an id or a cursor can stand, by what they take or by their names. */
export async function idFieldsOf({ input }: Procedure): Promise<string[]> {
  const fields: string[] = [];
  for (const [name, schema] of Object.entries(shapeOf(input))) {
    if (name === 'cursor' || isIdName(name) || (await readsId(schema))) fields.push(name);
  }
  return fields;
}

/** Whether a field is one for ids by its name. */
export const isIdName = (name: string): boolean => /Ids?$/.test(name) && name !== 'externalId';

/** Who acts through a session from the seat of a key: as the seat is now. */
export async function sessionOf(key: string): Promise<MemberActor> {
  const { actor } = await ctxOf(key);
  return { ...actor, channel: 'web', credential: { type: 'user', id: newUuid7() } };
}

/** The person who acts through a session from a seat. */
export const userOf = ({ credential, name }: MemberActor): SignedInUser => ({
  sessionId: newUuid7(),
  userId: credential.id,
  name,
  email: 'somebody@example.test',
});

/** From where the tests ask. */
export const HERE: Origin = { address: '192.0.2.1', agent: 'a test' };

/** What came of a call: its answer or its problem. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer
export type Result = { data: any; problem: null } | { data: null; problem: Problem };

/** Calls a procedure by its name alone; anything but a problem that it throws is thrown. */
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
