import type { ZodType } from 'zod';
import { DomainError, fail, type ErrorCode, type FieldError } from '@/server/domain/errors';

/** The most a body may hold. A batch has a limit of its own. */
export const BODY_MAX_BYTES = 1_048_576;

/** A body that did not say its length is read on to here and dropped: to break it off would take the answer with it. */
const DRAIN_MAX_BYTES = 16 * BODY_MAX_BYTES;

/**
 * The body's bytes.
 * @throws DomainError `payload_too_large`
 */
export async function readBytes(request: Request, max = BODY_MAX_BYTES): Promise<Buffer> {
  if (Number(request.headers.get('content-length') ?? 0) > max) fail('payload_too_large');
  if (!request.body) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size <= max) parts.push(part.value);
    if (size > DRAIN_MAX_BYTES) break;
  }
  if (size > max) fail('payload_too_large');
  return Buffer.concat(parts);
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as JSON; an absent one is `{}`.
 * @throws DomainError `unsupported_media_type`, `invalid_request`
 */
export function parseJson(bytes: Buffer, contentType: string | null): unknown {
  if (bytes.length === 0) return {};
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '')) fail('unsupported_media_type');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return failBody('', 'The body is not valid UTF-8.');
  }
  try {
    const value: unknown = JSON.parse(text);
    mustBeStorable(value, '');
    return value;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    return failBody(
      '',
      error instanceof RangeError
        ? 'The body is nested too deeply.'
        : `The body is not valid JSON: ${(error as Error).message}.`,
    );
  }
}

const failBody = (pointer: string, detail: string): never =>
  fail('invalid_request', { detail, errors: [{ pointer, code: 'invalid_request', detail }] });

const DEPTH_MAX = 20;

// Postgres stores neither NUL nor half a surrogate pair. Said at the door, so that no field has to think of it.
function mustBeStorable(value: unknown, pointer: string, depth = 0): void {
  if (depth > DEPTH_MAX) failBody('', 'The body is nested too deeply.');
  if (typeof value === 'string') {
    if (!isStorable(value)) failBody(pointer, 'A text holds a NUL or half a surrogate pair, which cannot be stored.');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      if (!isStorable(key)) failBody(pointer, 'A field name holds a NUL or half a surrogate pair.');
      mustBeStorable(item, `${pointer}/${escapePointer(key)}`, depth + 1);
    }
  }
}

export const isStorable = (text: string): boolean => !/\0|\p{Surrogate}/u.test(text);

const escapePointer = (key: string): string => key.replaceAll('~', '~0').replaceAll('/', '~1');

/**
 * Parses by a schema.
 * @param prefix of the pointers: '' for a body (JSON pointers), 'query' for parameters (their names)
 * @throws DomainError `invalid_amount` when nothing but amounts is wrong, else `invalid_request`
 */
export async function parseBy<T>(schema: ZodType<T>, value: unknown, where: 'body' | 'query'): Promise<T> {
  const result = await schema.safeParseAsync(value);
  if (result.success) return result.data;
  const errors = result.error.issues.flatMap((issue): FieldError[] => {
    const params = 'params' in issue ? (issue.params as { code?: string } | undefined) : undefined;
    const code: ErrorCode = params?.code === 'invalid_amount' ? 'invalid_amount' : 'invalid_request';
    const path = issue.path.map(String);
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [null];
    return names.map((name) => {
      const full = name === null ? path : [...path, name];
      const detail = name === null ? issue.message : 'There is no such field here.';
      return {
        pointer: where === 'query' ? full.join('/') : full.map((part) => `/${escapePointer(part)}`).join(''),
        code,
        detail,
      };
    });
  });
  const code = errors.every((error) => error.code === 'invalid_amount') ? 'invalid_amount' : 'invalid_request';
  const first = errors[0]!;
  return fail(code, { errors, detail: `${first.pointer || 'The body'}: ${first.detail}` });
}
