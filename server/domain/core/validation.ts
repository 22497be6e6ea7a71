import { z, type ZodType } from 'zod';
import { DomainError, fail, type ErrorCode, type FieldError } from './errors';
/**
 * Reads a text of at most `maxLength` UTF-16 units. A longer one fails here and nothing after it runs: trimming, folding and
 * matching may cost the square of the length. Every text input begins with this; what is counted in characters gives twice
 * as many, since a character takes one unit or two.
 */
export const boundedText = (maxLength: number, detail = `must have at most ${maxLength} characters.`): z.ZodString =>
  z.string().max(maxLength, { error: detail, abort: true });

const DEPTH_MAX = 20;

/** Few requests have a longer list, and each item of one that is too long would be complained of. */
const ITEMS_MAX = 1_000;

/** No object of a request has as many fields; `metadata` may have 50. */
const FIELDS_MAX = 60;

/** Of many faults the first are told. */
const ERRORS_MAX = 100;

/**
 * Postgres stores neither NUL nor half a surrogate pair. Said at both doors, so that no field has to think of it.
 * @throws DomainError `invalid_request`, for a nesting too deep as well
 */
export function mustBeStorable(value: unknown, itemsMax = ITEMS_MAX): void {
  const fault = findUnstorable(value, itemsMax, 0);
  if (fault) failField(fault.path.map((key) => `/${escapePointer(String(key))}`).join(''), fault.detail);
}

/** A fault of a body. Its path is written on the way back from it, as a long list has 100,000 places without one. */
type Fault = { path: (string | number)[]; detail: string };

function findUnstorable(value: unknown, itemsMax: number, depth: number): Fault | null {
  if (depth > DEPTH_MAX) failField('', 'The body is nested too deeply.');
  if (typeof value === 'string') {
    const detail = 'A text holds a NUL or half a surrogate pair, which cannot be stored.';
    return isStorable(value) ? null : { path: [], detail };
  }
  if (typeof value !== 'object' || value === null) return null;
  const keys = Array.isArray(value) ? null : Object.keys(value);
  const { length } = keys ?? (value as unknown[]);
  const [most, what] = keys ? [FIELDS_MAX, 'fields'] : [itemsMax, 'items'];
  if (length > most) return { path: [], detail: `At most ${most} ${what}.` };
  for (let i = 0; i < length; i += 1) {
    const key = keys?.[i] ?? i;
    // A strict body tells of it with all else that is unknown; a record within would lose it without a word.
    if (key === '__proto__' && depth > 0) {
      return { path: [key], detail: '`__proto__` is not a field of this request.' };
    }
    if (typeof key === 'string' && !isStorable(key)) {
      return { path: [], detail: 'A field name holds a NUL or half a surrogate pair.' };
    }
    const fault = findUnstorable((value as Record<string | number, unknown>)[key], itemsMax, depth + 1);
    if (fault) {
      fault.path.unshift(key);
      return fault;
    }
  }
  return null;
}

const failField = (pointer: string, detail: string): never =>
  fail('invalid_request', { detail, errors: [{ pointer, code: 'invalid_request', detail }] });

export const isStorable = (text: string): boolean =>
  // The first pattern is many times as fast, and few texts go on to the second.
  !/[\0\uD800-\uDFFF]/.test(text) || !/\0|\p{Surrogate}/u.test(text);

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** Where an input stood: pointers into a body are JSON pointers, those of a query are the names of its parameters. */
type Where = 'body' | 'query';

/**
 * Parses by a schema.
 * @throws DomainError as `inputError` says
 */
export async function parseBy<T>(schema: ZodType<T>, value: unknown, where: Where): Promise<T> {
  const result = await schema.safeParseAsync(value);
  if (!result.success) throw inputError(result.error.issues, where);
  return result.data;
}

type Issue = {
  code: string;
  path: PropertyKey[];
  message: string;
  keys?: string[];
  params?: unknown;
  errors?: Issue[][];
};

/**
 * What a schema found wrong, field by field: `not_found` for a malformed id, `invalid_amount` when nothing but amounts
 * is wrong, else `invalid_request`.
 */
export function inputError(issues: Issue[], where: Where): DomainError {
  const found = issues.flatMap(likeliest);
  const codes = new Set(found.map(codeOf));
  if (codes.has('not_found')) return new DomainError('not_found');
  // A request may hold a million faults: only those that are printed are put into words.
  const errors: FieldError[] = [];
  let count = 0;
  for (const issue of found) {
    count += issue.keys?.length ?? 1;
    if (errors.length < ERRORS_MAX) errors.push(...fieldErrors(issue, where, ERRORS_MAX - errors.length));
  }
  const { pointer, detail } = errors[0]!;
  // A sentence that names its field says enough.
  const first = /^(`|The )/.test(detail) ? detail : `${pointer || 'The body'}: ${detail}`;
  const code = codes.size === 1 && codes.has('invalid_amount') ? 'invalid_amount' : 'invalid_request';
  return new DomainError(code, listErrors(errors, first, count));
}

/**
 * The first of many errors, and how many there are where that is not all of them.
 * @param length how many there are in all
 */
export function listErrors(
  errors: FieldError[],
  first: string,
  length = errors.length,
): { errors: FieldError[]; detail: string } {
  const more = length > ERRORS_MAX ? ` There are ${length} errors; \`errors\` lists the first ${ERRORS_MAX}.` : '';
  return { errors: errors.slice(0, ERRORS_MAX), detail: `${first}${more}` };
}

/**
 * Returns the issues of the form that was most likely meant, of a choice between several: it is of the value's own type,
 * and knows the most of its fields.
 */
function likeliest(issue: Issue): Issue[] {
  const branches = issue.code === 'invalid_union' ? (issue.errors ?? []) : [];
  // A schema's own message speaks for all its forms together.
  if (branches.length === 0 || issue.message !== UNION_MESSAGE) return [issue];
  const atRoot = (branch: Issue[]) => branch.filter((one) => one.path.length === 0);
  const otherTypes = (branch: Issue[]) => atRoot(branch).filter((one) => one.code === 'invalid_type').length;
  const unknown = (branch: Issue[]) => atRoot(branch).flatMap((one) => one.keys ?? []).length;
  const [best = []] = branches.toSorted((a, b) => otherTypes(a) - otherTypes(b) || unknown(a) - unknown(b));
  return best.map((one) => ({ ...one, path: [...issue.path, ...one.path] })).flatMap(likeliest);
}

function codeOf({ params }: Issue): FieldError['code'] {
  const own = (params as { code?: ErrorCode } | undefined)?.code;
  return own === 'invalid_amount' || own === 'not_found' ? own : 'invalid_request';
}

function fieldErrors(issue: Issue, where: Where, most: number): FieldError[] {
  const code = codeOf(issue);
  const names = issue.code === 'unrecognized_keys' ? issue.keys!.slice(0, most) : [null];
  return names.map((name) => {
    const path = name === null ? issue.path : [...issue.path, name];
    const message = name === null ? issue.message : NO_FIELD[where];
    const detail = /^\p{Ll}/u.test(message) ? `${nameOf(path, where)} ${message}` : message;
    return { pointer: pointerOf(path, where), code, detail };
  });
}

const NO_FIELD = { body: 'is not a field of this request.', query: 'is not a parameter of this request.' };

/** A parameter is named whole, whichever of its values is meant. */
const pointerOf = (path: PropertyKey[], where: Where): string =>
  where === 'query'
    ? path.slice(0, 1).map(String).join('')
    : path.map((part) => `/${escapePointer(String(part))}`).join('');

function nameOf(path: PropertyKey[], where: Where): string {
  if (path.length === 0) return 'The body';
  const parts = where === 'query' ? path.slice(0, 1) : path;
  const written = parts.map((part, i) =>
    typeof part === 'number' ? `[${part}]` : `${i > 0 ? '.' : ''}${String(part)}`,
  );
  return `\`${shorten(written.join(''))}\``;
}

const NAME_MAX = 100;
const shorten = (name: string): string => (name.length > NAME_MAX ? `${name.slice(0, NAME_MAX)}…` : name);

type RawIssue = z.core.$ZodRawIssue;

/**
 * Says in plain words what is wrong with a value, as the rest of a sentence that begins with the field's name ("is
 * required."). A message that a schema gives itself goes first.
 */
function describeIssue(issue: RawIssue): string {
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
