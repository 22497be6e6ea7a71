import { describe, expect, it } from 'vitest';
import { pathsOf, placeErrors } from '@/components/ui/form/pointers';

const errors = (...pointers: string[]) => pointers.map((pointer) => ({ pointer, detail: `bad ${pointer}` }));

describe('the errors of a refusal', () => {
  const paths = pathsOf({ name: '', metadata: '', withRule: false, rule: { threshold: '', step: '' }, list: [] });

  it('belong to the field that their pointer names', () => {
    expect(placeErrors(errors('/name'), paths, {})).toEqual({ at: { name: 'bad /name' }, rest: [] });
    expect(placeErrors(errors('/rule/step', 'name'), paths, {}).at).toEqual({
      'rule.step': 'bad /rule/step',
      name: 'bad name',
    });
  });

  it('belong to the nearest field above a part that has none of its own', () => {
    expect(placeErrors(errors('/metadata/color', '/rule/cap/amount'), paths, {}).at).toEqual({
      metadata: 'bad /metadata/color',
      rule: 'bad /rule/cap/amount',
    });
  });

  it('belong to the field that the form names for a pointer or for a part above it', () => {
    const named = { '/recharge': 'rule.threshold', '/recharge/target': 'rule.step' };
    expect(placeErrors(errors('/recharge/target', '/recharge/cap/amount'), paths, named).at).toEqual({
      'rule.step': 'bad /recharge/target',
      'rule.threshold': 'bad /recharge/cap/amount',
    });
  });

  it('are escaped as in RFC 6901', () => {
    expect(placeErrors(errors('/a~1b', '/c~0d'), ['a/b', 'c~d'], {}).at).toEqual({
      'a/b': 'bad /a~1b',
      'c~d': 'bad /c~0d',
    });
  });

  it('show the first one of each field, and keep those of no field', () => {
    const two = [
      { pointer: '/name', detail: 'Too short.' },
      { pointer: '/name', detail: 'Too common.' },
      { pointer: '/memberId', detail: 'Unknown.' },
    ];
    expect(placeErrors(two, paths, {})).toEqual({ at: { name: 'Too short.' }, rest: ['memberId: Unknown.'] });
  });
});
