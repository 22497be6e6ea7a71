import { describe, expect, it } from 'vitest';
import { newUuid7, printId } from '@/server/domain/core/ids';
import { expectProblem, useApi } from '../support/api-client';
import { listOperations, listTables, pathWith } from '../support/operations';
import { callProcedure, isIdName, listProcedures, sessionOf, shapeOf } from '../support/procedures';
import { addMember, makeTeam, type TestTeam } from '../support/team';

const as = useApi();

/** Malformed ids that a broken client sends: each would find nothing and look like a valid answer. */
const NO_IDS = [
  '',
  ' ',
  'xyz',
  'mem_',
  '*',
  `${printId('mem', newUuid7())},${printId('mem', newUuid7())}`,
  printId('trf', newUuid7()),
];
const NO_COUNTRIES = ['', 'zz', 'USA', 'U', 'ß', 'ﬆ', 'us,de', '0'];
const NO_TIMES = ['', 'now', '2026-02-30', '2026-01-01T00:00:00', '1767225600', '2026-13-01'];
const BACKWARDS = { from: '2026-03-02', to: '2026-03-01' };

/** Returns invalid values for a filter of this name, or null when the filter takes any text. */
function wrongValuesOf(name: string): string[] | null {
  if (isIdName(name) || name === 'actor') return NO_IDS;
  if (name === 'country') return NO_COUNTRIES;
  if (name === 'from' || name === 'to') return NO_TIMES;
  if (name === 'action') return ['', 'memberx', 'member.', 'member.createdx', '.created'];
  return ['status', 'role', 'kind', 'channel', 'groupBy', 'sort'].includes(name) ? ['', 'xyz'] : null;
}

let made: Promise<TestTeam & { ids: Record<string, string> }> | undefined;
/** Returns one team for all tests, as none of them changes anything. */
const team = () => (made ??= makeTeam().then(async (one) => ({ ...one, ids: { mem: (await addMember(one)).mem } })));

const readings = [...listOperations(), ...listTables()].filter(
  ({ method, id }) => method === 'GET' && id !== 'getTeam',
);

describe('a filter of the API', () => {
  const cases = readings.flatMap(({ id, path, input }) =>
    Object.keys(shapeOf(input)).flatMap((name) => {
      const wrong = wrongValuesOf(name);
      return wrong ? [{ id, path, name, wrong }] : [];
    }),
  );

  it.each(cases)('$id refuses an invalid $name and points at it', async ({ path, name, wrong }) => {
    const { ownerKey, ids } = await team();
    for (const value of wrong) {
      const target = `${pathWith(path, ids)}?${new URLSearchParams({ [name]: value })}`;
      const { errors } = expectProblem(await as(ownerKey).get(target), 'invalid_request');
      expect(errors, target).toEqual([
        { pointer: name, code: 'invalid_request', detail: expect.stringContaining(`\`${name}\``) },
      ]);
    }
  });

  const ranged = readings.filter(({ input }) => 'from' in shapeOf(input));

  it.each(ranged)('$id refuses a range that ends before it begins', async ({ path }) => {
    const { ownerKey, ids } = await team();
    const target = `${pathWith(path, ids)}?${new URLSearchParams(BACKWARDS)}`;
    const { errors } = expectProblem(await as(ownerKey).get(target), 'invalid_request');
    expect(errors[0].pointer).toMatch(/^(from|to)$/);
  });

  it.each(ranged)('$id answers for the last instants that can be written', async ({ path }) => {
    const { ownerKey, ids } = await team();
    for (const to of ['9999-12-31', '9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59-23:59']) {
      for (const query of [{ to }, { from: to, to }, { from: '0001-01-01', to }] as Record<string, string>[]) {
        const target = `${pathWith(path, ids)}?${new URLSearchParams(query)}`;
        expect((await as(ownerKey).get(target)).status, target).toBeLessThan(500);
      }
    }
  });

  it('explains the missing encoding of a plus sign, whatever the parameter', async () => {
    const owner = as((await team()).ownerKey);
    for (const [name, value] of [
      ['from', '2026-01-01T00:00:00+02:00'],
      ['to', '2026-01-01T00:00:00+02:00'],
      ['recipient', '+1415'],
      ['memberId', 'mem+1'],
    ]) {
      const { detail, errors } = expectProblem(await owner.get(`/messages?${name}=${value}`), 'invalid_request');
      expect([detail, errors[0].detail]).toEqual([expect.stringContaining('%2B'), expect.stringContaining('%2B')]);
      const { detail: other } = expectProblem(await owner.get(`/messages?${name}=x%2Bx`), 'invalid_request');
      expect(other).not.toContain('%2B');
    }
    expect((await owner.get('/messages?reference=a+b&from=2026-01-01T00:00:00%2B02:00')).status).toBe(200);
  });
});

describe('a filter of the pages', () => {
  const cases = listProcedures()
    // A message has fields named `from` and `to` that are no range.
    .filter(({ type, input }) => type === 'query' && !('body' in shapeOf(input)))
    .flatMap(({ id, input }) =>
      Object.keys(shapeOf(input)).flatMap((name) => {
        const wrong = wrongValuesOf(name);
        return wrong ? [{ id, name, wrong }] : [];
      }),
    );

  it.each(cases)('$id refuses an invalid $name', async ({ id, name, wrong }) => {
    const actor = await sessionOf((await team()).ownerKey);
    for (const value of wrong) {
      const { problem } = await callProcedure(actor, id, { [name]: value });
      // An id that names the requested object is not found; an id that filters a list is refused.
      expect(['invalid_request', 'not_found'], `${name}=${value}`).toContain(problem?.code);
      if (problem?.errors) expect(problem.errors.map(({ pointer }) => pointer)).toContain(`/${name}`);
    }
  });

  const ranged = listProcedures().filter(
    ({ type, input }) => type === 'query' && 'from' in shapeOf(input) && !('body' in shapeOf(input)),
  );

  it.each(ranged)('$id refuses a range that ends before it begins, and takes the last instants', async ({ id }) => {
    const actor = await sessionOf((await team()).ownerKey);
    expect((await callProcedure(actor, id, BACKWARDS)).problem?.code).toBe('invalid_request');
    for (const to of ['9999-12-31', '9999-12-31T23:59:59Z']) {
      expect((await callProcedure(actor, id, { to })).problem?.status ?? 200).toBeLessThan(500);
    }
  });
});

describe('a forged cursor', () => {
  it('is refused even when its binding was computed', async () => {
    const { ownerKey, teamId } = await team();
    const { printPlace } = await import('@/server/domain/core/cursors');
    const binding = [teamId, 'rates', undefined, undefined];
    for (const words of [[], ['US'], ['US', '1', '2'], ['u', '1'], ['US', 'x'], ['US', '1\0'], ['\0', '1']]) {
      const cursor = printPlace(binding, words);
      expectProblem(await as(ownerKey).get(`/rates?cursor=${cursor}`), 'invalid_cursor');
    }
    expect((await as(ownerKey).get(`/rates?cursor=${printPlace(binding, ['US', '1'])}`)).status).toBe(200);
  });
});
