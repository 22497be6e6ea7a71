import { describe, expect, it } from 'vitest';
import { readPasted } from '@/components/invitations/pasted';

const read = (text: string) => readPasted(text, 'USD', 'en-US');
const emails = (text: string) => read(text).map(({ email, problem }) => (problem ? `!${email}` : email));

describe('a pasted list of addresses', () => {
  it.each([
    ['one a line', 'a@x.test\nb@x.test\r\n\n c@x.test ', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['in one line', 'a@x.test, b@x.test; c@x.test', ['a@x.test', 'b@x.test', 'c@x.test']],
    ['with names before them', 'Al Reed <a@x.test>\n"Kim" <k@x.test>', ['a@x.test', 'k@x.test']],
    ['nothing at all', '  \n ', []],
    ['the same twice, in another case', 'a@x.test\nA@x.test', ['a@x.test', '!A@x.test']],
    ['what is none', 'nonsense\na@x.test\n@\nx@', ['!nonsense', 'a@x.test', '!@', '!x@']],
  ])('%s', (_, text, expected) => {
    expect(emails(text)).toEqual(expected);
  });

  it('has name, role and credit in this order, or as its header says', () => {
    const row = { email: 'a@x.test', name: 'Al', role: 'owner', credit: 25_500_000n, line: 1 };
    expect(read('a@x.test, Al, Owner, $25.5')).toEqual([row]);
    expect(read('a@x.test\tAl\towner\t25.50')).toEqual([row]);
    expect(read('credit;email;ROLE;name\n25.50;a@x.test;owner;Al')).toEqual([{ ...row, line: 2 }]);
    expect(read('"Reed, Al" <a@x.test>, , owner')).toEqual([
      { email: 'a@x.test', name: 'Reed, Al', role: 'owner', line: 1 },
    ]);
  });

  it('reports the error of each line, and refuses no other line for it', () => {
    const rows = read('a@x.test, A, boss\nb@x.test, B, member, -5\nc@x.test, C, , ten\nd@x.test, D');
    expect(rows.map(({ problem }) => problem)).toEqual([
      'The role must be owner or member.',
      'Invalid credit amount.',
      'Invalid credit amount.',
      undefined,
    ]);
  });

  it('reports a quotation mark that is left open', () => {
    expect(read('"a@x.test\nb@x.test')[0]!.problem).toMatch(/quotation mark/);
  });
});
