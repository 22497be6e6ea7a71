import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { asTeamId, newUuid7, parseId, printId, type IdPrefix } from '@/server/domain/core/ids';

const PREFIXES: IdPrefix[] = [
  ...(['team', 'usr', 'mem', 'key', 'inv', 'msg', 'trf', 'rce', 'whk', 'evt', 'dlv', 'aud', 'ses', 'req'] as const),
];
const prefix = fc.constantFrom(...PREFIXES);
const instant = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true });

describe('external ids', () => {
  it('match the TypeID specification', () => {
    expect(printId('mem', '00000000-0000-0000-0000-000000000000')).toBe('mem_00000000000000000000000000');
    expect(printId('mem', '00000000-0000-0000-0000-000000000001')).toBe('mem_00000000000000000000000001');
    expect(printId('mem', '00000000-0000-0000-0000-00000000000a')).toBe('mem_0000000000000000000000000a');
    expect(printId('mem', '00000000-0000-0000-0000-000000000020')).toBe('mem_00000000000000000000000010');
    expect(printId('mem', 'ffffffff-ffff-ffff-ffff-ffffffffffff')).toBe('mem_7zzzzzzzzzzzzzzzzzzzzzzzzz');
    expect(printId('mem', '0110c853-1d09-52d8-d73e-1194e95b5f19')).toBe('mem_0123456789abcdefghjkmnpqrs');
    expect(printId('mem', '01890a5d-ac96-774b-bcce-b302099a8057')).toBe('mem_01h455vb4pex5vsknk084sn02q');
  });

  it('are read back as the UUID they were made of', () => {
    fc.assert(
      fc.property(prefix, fc.uuid(), (kind, uuid) => {
        const id = printId(kind, uuid);
        expect(id).toMatch(/^[a-z]+_[0-7][0-9a-hjkmnp-tv-z]{25}$/);
        expect(parseId(kind, id)).toBe(uuid);
        expect(printId(kind, uuid.toUpperCase())).toBe(id);
      }),
    );
  });

  it('name one kind of object only', () => {
    fc.assert(
      fc.property(prefix, prefix, fc.uuid(), (kind, other, uuid) => {
        if (kind !== other) expect(parseId(other, printId(kind, uuid))).toBeNull();
      }),
    );
  });

  const good = 'mem_01h455vb4pex5vsknk084sn02q';
  it.each([
    '',
    'mem',
    'mem_',
    good.toUpperCase(),
    `MEM${good.slice(3)}`,
    good.replace('q', 'Q'),
    good.slice(0, -1),
    `${good}0`,
    `${good}\n`,
    ` ${good}`,
    good.replace('_', '-'),
    'mem_81h455vb4pex5vsknk084sn02q',
    'mem_01h455vb4pex5vsknk084sn0il',
    'mem_01h455vb4pex5vsknk084sn02u',
    '01890a5d-ac96-774b-bcce-b302099a8057',
    'mem_01890a5d-ac96-774b-bcce-b30209',
  ])('are refused in any other form: %j', (text) => {
    expect(parseId('mem', text)).toBeNull();
  });

  it('have one text each: an id that is read prints the same', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz'.split('')), size: 'medium' }),
        (body) => {
          const uuid = parseId('trf', `trf_${body}`);
          if (uuid !== null) expect(printId('trf', uuid)).toBe(`trf_${body}`);
        },
      ),
    );
  });

  it('are made of UUIDs only', () => {
    expect(() => printId('mem', 'mem_1')).toThrow(RangeError);
    expect(asTeamId('01890a5d-ac96-774b-bcce-b302099a8057')).toBe('01890a5d-ac96-774b-bcce-b302099a8057');
  });
});

describe('new ids', () => {
  it('are version 7 of RFC 9562, beginning with the time', () => {
    fc.assert(
      fc.property(instant, (at) => {
        const uuid = newUuid7(at);
        expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
        expect(Number.parseInt(uuid.replace('-', '').slice(0, 12), 16)).toBe(at.getTime());
      }),
    );
  });

  it('sort by time, printed or not', () => {
    fc.assert(
      fc.property(instant, instant, (a, b) => {
        const [first, second] = a.getTime() <= b.getTime() ? [a, b] : [b, a];
        const [one, two] = [newUuid7(first), newUuid7(second)];
        expect(one < two).toBe(true);
        expect(printId('msg', one) < printId('msg', two)).toBe(true);
      }),
    );
  });

  it('keep their order within one millisecond, and never repeat', () => {
    const at = new Date('2026-03-01T00:00:00Z');
    const ids = Array.from({ length: 10_000 }, () => newUuid7(at));
    expect(ids).toEqual(ids.toSorted());
    expect(new Set(ids).size).toBe(ids.length);
  });
});
