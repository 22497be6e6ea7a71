import { z, type ZodType } from 'zod';
import { DomainError, failField, type ErrorCode, type FieldError } from './errors';

/**
 * Returns the schema of a text of at most `maxLength` UTF-16 units. A longer text fails before any trimming or matching,
 * whose time can grow with the square of the length. Every text input begins with this; limits in characters pass twice
 * as many, because a character has one or two units.
 */
export const boundedText = (maxLength: number, detail = `must have at most ${maxLength} characters.`): z.ZodString =>
  z.string().max(maxLength, { error: detail, abort: true });

const DEPTH_MAX = 20;

/** Items of a list, unless the route allows more. The limit avoids one error for each item of a far too long list. */
const ITEMS_MAX = 1_000;

/** Fields of an object. No object of a request has that many; `metadata` may have 50. */
const FIELDS_MAX = 60;

/** Errors that a response lists. */
const ERRORS_MAX = 100;

/**
 * Refuses texts that Postgres cannot store (NUL, unpaired surrogates) and a too deep nesting. Both channels call it once for
 * the whole input.
 * @throws DomainError `invalid_request`
 */
export function mustBeStorable(value: unknown, itemsMax = ITEMS_MAX): void {
  const fault = findUnstorable(value, itemsMax, 0);
  if (fault) failField(fault.path.map((key) => `/${escapePointer(String(key))}`).join(''), fault.detail);
}

/** A fault of a body. Its path is built on the way back, so that the 100,000 items without a fault cost nothing. */
type Fault = { path: (string | number)[]; detail: string };

function findUnstorable(value: unknown, itemsMax: number, depth: number): Fault | null {
  if (depth > DEPTH_MAX) failField('', 'The body is nested too deeply.');
  if (typeof value === 'string') {
    const detail = 'Text must not contain NUL or an unpaired surrogate.';
    return isStorable(value) ? null : { path: [], detail };
  }
  if (typeof value !== 'object' || value === null) return null;
  const keys = Array.isArray(value) ? null : Object.keys(value);
  const { length } = keys ?? (value as unknown[]);
  const [most, unit] = keys ? [FIELDS_MAX, 'fields'] : [itemsMax, 'items'];
  if (length > most) return { path: [], detail: `Use at most ${most} ${unit}.` };
  for (let i = 0; i < length; i += 1) {
    const key = keys?.[i] ?? i;
    // A strict body reports this key with other unknown fields; a nested record would drop it silently.
    if (key === '__proto__' && depth > 0) {
      return { path: [key], detail: '`__proto__` is not a field of this request.' };
    }
    if (typeof key === 'string' && !isStorable(key)) {
      return { path: [], detail: 'A field name must not contain NUL or an unpaired surrogate.' };
    }
    const fault = findUnstorable((value as Record<string | number, unknown>)[key], itemsMax, depth + 1);
    if (fault) {
      fault.path.unshift(key);
      return fault;
    }
  }
  return null;
}

/** Returns whether Postgres can store a text: it contains no NUL and no unpaired surrogate. */
export const isStorable = (text: string): boolean =>
  // The first pattern is many times faster, and few texts reach the second.
  !/[\0\uD800-\uDFFF]/.test(text) || !/\0|\p{Surrogate}/u.test(text);

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/** The source of an input. Pointers into a body are JSON pointers, those into a query are parameter names. */
type Where = 'body' | 'query';

/**
 * Parses a value with a schema.
 * @throws DomainError `invalid_request`, `invalid_amount`, `not_found` (see `inputError`)
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
 * Converts the issues of a schema to one error: `not_found` for a malformed id, `invalid_amount` if only amounts are
 * invalid, else `invalid_request`.
 */
export function inputError(issues: Issue[], where: Where): DomainError {
  const found = issues.flatMap(likeliest);
  const codes = new Set(found.map(codeOf));
  if (codes.has('not_found')) return new DomainError('not_found');
  // A request may have a million issues: only those that are printed are converted.
  const errors: FieldError[] = [];
  let count = 0;
  for (const issue of found) {
    count += issue.keys?.length ?? 1;
    if (errors.length < ERRORS_MAX) errors.push(...fieldErrors(issue, where, ERRORS_MAX - errors.length));
  }
  const { pointer, detail } = errors[0]!;
  // A sentence that begins with its field's name needs no prefix.
  const first = /^(`|The )/.test(detail) ? detail : `${pointer || 'The body'}: ${detail}`;
  const code = codes.size === 1 && codes.has('invalid_amount') ? 'invalid_amount' : 'invalid_request';
  return new DomainError(code, listErrors(errors, first, count));
}

/**
 * Returns the first errors, and a detail that says how many there are if not all are listed.
 * @param length the number of all errors
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
 * Returns the issues of the most likely branch of a union: the one that matches the value's type and knows most of its
 * fields.
 */
function likeliest(issue: Issue): Issue[] {
  const branches = issue.code === 'invalid_union' ? (issue.errors ?? []) : [];
  // A message of the schema itself covers all branches.
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

/** Returns the pointer of an issue. A repeated query parameter is named without the index of its value. */
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
 * Describes an issue as the rest of a sentence that begins with the field's name ("is required."). A message of the schema
 * itself takes precedence.
 */
function describeIssue(issue: RawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.input === undefined ? 'is required.' : `must be ${TYPES[issue.expected] ?? 'of a different type'}.`;
    case 'too_small':
      return `must ${sizeOf(issue.origin, Number(issue.minimum), 'at least')}.`;
    case 'too_big':
      return `must ${sizeOf(issue.origin, Number(issue.maximum), 'at most')}.`;
    case 'invalid_value':
      return oneOf(issue.values);
    case 'invalid_format':
      return `must be ${FORMATS[issue.format] ?? (issue.pattern ? `text that matches ${issue.pattern}` : 'in a different format')}.`;
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}.`;
    case 'invalid_key':
      return `is not a valid name: it ${issue.issues[0]?.message ?? 'must be in a different format.'}`;
    case 'invalid_union':
    case 'invalid_element':
    case 'unrecognized_keys':
    case 'custom':
      return UNION_MESSAGE;
  }
}

/** The error of a value that matches no branch of a union, if the schema has no message of its own. */
export const UNION_MESSAGE = 'does not match any of the allowed formats.';

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
  date: 'a date such as 2026-01-31',
  datetime: 'an RFC 3339 time such as 2026-01-31T00:00:00Z',
};

function sizeOf(origin: string, size: number, how: 'at least' | 'at most'): string {
  const count = (one: string) => (size === 1 ? `1 ${one}` : `${size} ${one}s`);
  if (size === 1 && how === 'at least' && (origin === 'string' || origin === 'array')) return 'not be empty';
  if (origin === 'string') return `have ${how} ${count('character')}`;
  return origin === 'array' || origin === 'set' ? `have ${how} ${count('item')}` : `be ${how} ${size}`;
}

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `must be ${String(values[0])}.` : `must be one of ${values.map(String).join(', ')}.`;

// Set for every schema of the process, because tRPC parses inputs itself and accepts no messages.
z.config({ customError: describeIssue });
