import { z } from 'zod';

type Issue = z.core.$ZodRawIssue;

/**
 * Says in plain words what is wrong with a value, as the rest of a sentence that begins with the field's name ("is
 * required."). A message that a schema gives itself goes first.
 */
function describeIssue(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required.' : `must be ${TYPES[issue.expected] ?? 'of another type'}.`;
    case 'too_small':
      return `must ${sizeOf(issue.origin, Number(issue.minimum), 'at least')}.`;
    case 'too_big':
      return `must ${sizeOf(issue.origin, Number(issue.maximum), 'at most')}.`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? (issue.pattern ? `a text of the form ${issue.pattern}` : 'written otherwise')}.`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}.`;
    case 'invalid_key':
      return `is not a name that can be used: it ${issue.issues[0]?.message ?? 'must be written otherwise.'}`;
    case 'invalid_union':
    case 'invalid_element':
    case 'unrecognized_keys':
    case 'custom':
      return UNION_MESSAGE;
  }
}

/** Says that a value has none of several forms, where the schema says nothing itself. */
export const UNION_MESSAGE = 'has none of the forms that it can have.';

const TYPES: Record<string, string> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

const FORMATS: Record<string, string> = {
  email: 'an email address',
  url: 'a URL',
  uuid: 'a UUID',
  date: 'a day, such as 2026-01-31',
  datetime: 'a time as RFC 3339, such as 2026-01-31T00:00:00Z',
};

function sizeOf(origin: string, size: number, how: 'at least' | 'at most'): string {
  const count = (one: string) => (size === 1 ? `1 ${one}` : `${size} ${one}s`);
  if (size === 1 && how === 'at least' && (origin === 'string' || origin === 'array')) return 'not be empty';
  if (origin === 'string') return `have ${how} ${count('character')}`;
  return origin === 'array' || origin === 'set' ? `have ${how} ${count('item')}` : `be ${how} ${size}`;
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `must be ${String(values[0])}.` : `must be one of ${values.map(String).join(', ')}.`;

// For every schema of the process: tRPC parses by itself and takes no messages of its own.
z.config({ customError: describeIssue });
