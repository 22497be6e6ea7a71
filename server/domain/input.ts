import { z, type ZodType } from 'zod';
import { DomainError, fail, type ErrorCode, type FieldError } from './errors';

/**
 * Reads a text of at most `maxLength` UTF-16 units. A longer one fails here and nothing after it runs: trimming, folding and
 * matching may cost the square of the length. Every text input begins with this; what is counted in characters gives twice
 * as many, since a character takes one unit or two.
 */
export const boundedText = (maxLength: number, detail = `At most ${maxLength} characters.`): z.ZodString =>
  z.string().max(maxLength, { error: detail, abort: true });

const DEPTH_MAX = 20;

/** Few requests have a longer list, and each item of one that is too long would be complained of. */
const ITEMS_MAX = 1_000;

/** Of many faults the first are told. */
const ERRORS_MAX = 100;

/**
 * Postgres stores neither NUL nor half a surrogate pair. Said at both doors, so that no field has to think of it.
 * @throws DomainError `invalid_request`, for a nesting too deep as well
 */
export function mustBeStorable(value: unknown, itemsMax = ITEMS_MAX, pointer = '', depth = 0): void {
  if (depth > DEPTH_MAX) failField('', 'The body is nested too deeply.');
  if (typeof value === 'string') {
    if (!isStorable(value)) failField(pointer, 'A text holds a NUL or half a surrogate pair, which cannot be stored.');
  } else if (typeof value === 'object' && value !== null) {
    if (Object.keys(value).length > itemsMax) failField(pointer, `At most ${itemsMax} items.`);
    for (const [key, item] of Object.entries(value)) {
      // A strict body tells of it with all else that is unknown; a record within would lose it without a word.
      if (key === '__proto__' && depth > 0) failField(`${pointer}/__proto__`, 'There is no such field here.');
      if (!isStorable(key)) failField(pointer, 'A field name holds a NUL or half a surrogate pair.');
      mustBeStorable(item, itemsMax, `${pointer}/${escapePointer(key)}`, depth + 1);
    }
  }
}

const failField = (pointer: string, detail: string): never =>
  fail('invalid_request', { detail, errors: [{ pointer, code: 'invalid_request', detail }] });

export const isStorable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);

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
  const errors = issues
    .flatMap(likeliest)
    .flatMap((issue) => fieldErrors(issue, where))
    .slice(0, ERRORS_MAX);
  if (errors.some((error) => error.code === 'not_found')) return new DomainError('not_found');
  const code = errors.every((error) => error.code === 'invalid_amount') ? 'invalid_amount' : 'invalid_request';
  const first = errors[0]!;
  return new DomainError(code, { errors, detail: `${first.pointer || 'The body'}: ${first.detail}` });
}

/** Of a choice between objects, what is wrong by the one that was most likely meant: it knows the most of the fields. */
function likeliest(issue: Issue): Issue[] {
  const branches = issue.code === 'invalid_union' ? (issue.errors ?? []) : [];
  const isOfObjects = branches.flat().some((one) => one.path.length > 0 || one.code === 'unrecognized_keys');
  if (!isOfObjects) return [issue];
  const unknown = (branch: Issue[]) => branch.flatMap((one) => (one.path.length === 0 ? (one.keys ?? []) : [])).length;
  const [best = []] = branches.toSorted((a, b) => unknown(a) - unknown(b));
  return best.map((one) => ({ ...one, path: [...issue.path, ...one.path] }));
}

function fieldErrors(issue: Issue, where: Where): FieldError[] {
  const own = (issue.params as { code?: ErrorCode } | undefined)?.code;
  const code = own === 'invalid_amount' || own === 'not_found' ? own : 'invalid_request';
  const path = issue.path.map(String);
  const names = issue.code === 'unrecognized_keys' ? issue.keys! : [null];
  return names.map((name) => {
    const full = name === null ? path : [...path, name];
    const detail = name === null ? issue.message : 'There is no such field here.';
    return {
      pointer: where === 'query' ? full.join('/') : full.map((part) => `/${escapePointer(part)}`).join(''),
      code,
      detail,
    };
  });
}
