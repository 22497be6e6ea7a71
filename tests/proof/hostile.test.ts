import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import type { MemberActor } from '@/server/domain/core/actor';
import { newRequestId } from '@/server/domain/core/ids';
import { DomainError } from '@/server/domain/core/errors';
import { inputError, mustBeStorable, parseBy } from '@/server/domain/core/validation';
import { batchInput } from '@/server/domain/messaging/messages/schema';
import { BODY_MAX_BYTES } from '@/server/http/body';
import { services } from '@/server/http/services';
import { ProblemError } from '@/server/trpc/problem';
import { createCaller } from '@/server/trpc/router';
import { useApi } from '../support/api-client';
import { noInput } from '@/server/operations/operation';
import { listOperations, pathWith } from '../support/operations';
import { HERE, listProcedures, listMemberlessProcedures, userOf, sessionOf } from '../support/procedures';
import { fillTexts, HOSTILE, isBounded, listTextPlaces } from '../support/texts';
import { makeTeam } from '../support/team';
import { beginProof, drawShare, SIZE } from './size';

const as = useApi();
const proof = beginProof('S18 hostile');

/** Large enough that work which grows with the square takes seconds, while reading it once takes a millisecond. */
const TEXT_SIZE = 60_000;

/** Durations below this are noise of the process: garbage collection, timers. */
const NOISE_MS = 25;

const RATIO = 3;

const BYTES_OF_A_CHARACTER = 3;

type Input = { name: string; schema: ZodType };

/** Lists every input of the product: bodies and queries of the API, inputs of the procedures. */
function listInputs(): Input[] {
  const operations = listOperations().map(({ id, input }) => ({ name: id, schema: input }));
  return [...operations, ...everyProcedure().map(({ noun, id, input }) => ({ name: `${noun}.${id}`, schema: input }))];
}

/** The inputs that this run measures: the short form draws some of them in each run. */
const measured = <T>(list: T[]): T[] => drawShare(proof.random, list, SIZE.hostileShare, () => []);

const everyProcedure = () => [...listProcedures(), ...listMemberlessProcedures()];

/** Returns the CPU time that some work takes of this process, in milliseconds. */
async function cpuOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

/** Times that a text must be expensive in a row: garbage of the tests before is collected in any of them, but not in all. */
const TIMES = 4;

/** Returns the hostile texts that cost some work more than plain letters of as many bytes, each time with the figures. */
async function expensiveTexts(work: (text: string) => Promise<unknown>, size: number): Promise<string[]> {
  const letters = 'a'.repeat(BYTES_OF_A_CHARACTER * size);
  const first = await cpuOf(() => work(letters));
  const expensive: string[] = [];
  for (const [kind, make] of Object.entries(HOSTILE)) {
    const text = make(size);
    const figures: string[] = [];
    for (let time = 0; time < TIMES; time += 1) {
      const plain = time === 0 ? first : await cpuOf(() => work(letters));
      const cost = await cpuOf(() => work(text));
      if (cost <= RATIO * plain + NOISE_MS) break;
      figures.push(`${cost.toFixed()} ms instead of ${plain.toFixed()}`);
    }
    if (figures.length === TIMES) expensive.push(`${kind} (${figures.join(', ')})`);
  }
  return expensive;
}

const parse = async (schema: ZodType, value: unknown): Promise<void> => {
  try {
    mustBeStorable(value);
    await schema.safeParseAsync(value);
  } catch {
    // The text was refused before the schema saw it.
  }
};

describe('a text of any size', () => {
  it('has its length checked before it is transformed, in every input', () => {
    const inputs = listInputs();
    expect(inputs.length).toBeGreaterThan(120);
    const unbounded = inputs.flatMap(({ name, schema }) =>
      listTextPlaces(schema)
        .filter((place) => !isBounded(place))
        .map(({ path }) => `${name} ${path}`),
    );
    expect(unbounded).toEqual([]);
  });

  it('costs no schema more than three times what as many plain letters cost', async () => {
    const expensive: string[] = [];
    const places = listInputs().flatMap(({ name, schema }) =>
      listTextPlaces(schema).map(({ path, put }) => ({ name, schema, path, put })),
    );
    const drawn = measured(places);
    for (const { name, schema, path, put } of drawn) {
      const kinds = await expensiveTexts((text) => parse(schema, put(text)), TEXT_SIZE);
      expensive.push(...kinds.map((kind) => `${name} ${path}: ${kind}`));
    }
    proof.report(`${drawn.length} texts of inputs`);
    expect(expensive).toEqual([]);
  });
});

describe('a body of very many faults', () => {
  const judge = (body: unknown) => async () => {
    try {
      mustBeStorable(body);
      await parseBy(batchInput, body, 'body');
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  };
  const batchOf = (message: object) => ({ messages: Array.from({ length: 1_000 }, () => message) });
  const valid = batchOf({ to: '+14155550100', from: 'Purser', body: 'x'.repeat(1_500), reference: 'r'.repeat(200) });
  const fields = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [`unknown${i}`, i]));

  it.each([
    ['fields that nobody knows, as many as an object may have', batchOf(fields(60))],
    ['more fields than an object may have', batchOf(fields(900))],
    ['wrong types', batchOf({ to: 1, from: 2, body: 3, reference: 4 })],
  ])('with %s costs no more than three times as much as a valid one', async (_what, body) => {
    const plain = await cpuOf(judge(valid));
    const cost = Math.min(await cpuOf(judge(body)), await cpuOf(judge(body)));
    expect(cost).toBeLessThan(RATIO * plain + 4 * NOISE_MS);
  });

  it('is answered with the first hundred faults and their total', () => {
    const issues = Array.from({ length: 2_000 }, (_, i) => ({
      code: 'unrecognized_keys',
      path: [i],
      message: '',
      keys: ['a', 'b'],
    }));
    const { facts } = inputError(issues, 'body');
    expect(facts.errors).toHaveLength(100);
    expect(facts.detail).toContain('There are 4000 errors');
  });
});

describe('a whole request of hostile text', () => {
  it('costs no operation more than three times what plain letters cost', async () => {
    const { ownerKey, ownerId } = await makeTeam();
    const expensive: string[] = [];
    const withBody = listOperations().filter(({ method, input }) => method !== 'GET' && input !== noInput);
    for (const { id, method, path, input: body } of measured(withBody)) {
      const ask = (text: string) =>
        as(ownerKey).call(method, pathWith(path, { mem: ownerId }), { body: fillTexts(body, text) as object });
      const size = Math.floor(BODY_MAX_BYTES / BYTES_OF_A_CHARACTER / listTextPlaces(body).length);
      expensive.push(...(await expensiveTexts(ask, size)).map((kind) => `${id}: ${kind}`));
    }
    expect(expensive).toEqual([]);
  });

  it('costs no procedure more than three times what plain letters cost', async () => {
    const { ownerKey } = await makeTeam();
    const actor = await sessionOf(ownerKey);
    const expensive: string[] = [];
    for (const { noun, id, input } of measured(everyProcedure())) {
      const ask = (text: string) => callAs(actor, noun, id, fillTexts(input, text));
      expensive.push(...(await expensiveTexts(ask, TEXT_SIZE)).map((kind) => `${noun}.${id}: ${kind}`));
    }
    expect(expensive).toEqual([]);
  });
});

/** Calls a procedure as a member of a team; a refusal counts as an answer too. */
async function callAs(actor: MemberActor, noun: string, id: string, input: unknown): Promise<void> {
  const given = { actor, user: userOf(actor), origin: HERE, requestId: newRequestId(), idempotencyKey: null };
  const caller = createCaller({ services: services(), ...given }) as unknown as Record<
    string,
    Record<string, (input: unknown) => Promise<unknown>>
  >;
  await caller[noun]![id]!(input).catch((error: unknown) => {
    if (!(error instanceof ProblemError)) throw error;
  });
}
