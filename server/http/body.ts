import { DomainError, fail } from '@/server/domain/errors';
import { mustBeStorable } from '@/server/domain/input';

/** The most a body may hold. A batch has a limit of its own. */
export const BODY_MAX_BYTES = 1_048_576;

/** A body that did not say its length is read on to here and dropped: to break it off would take the answer with it. */
const DRAIN_MAX_BYTES = 16 * BODY_MAX_BYTES;

/**
 * The body's bytes.
 * @throws DomainError `payload_too_large`, `unsupported_media_type` for a compressed one
 */
export async function readBytes(request: Request, max = BODY_MAX_BYTES): Promise<Buffer> {
  if (request.body) mustNotBeCompressed(request.headers.get('content-encoding'));
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

// Not unpacked: a small body could become a very large one.
function mustNotBeCompressed(encoding: string | null): void {
  if (encoding === null || /^\s*(identity)?\s*$/i.test(encoding)) return;
  fail('unsupported_media_type', {
    detail: 'The body is compressed (`Content-Encoding`). Send it uncompressed, without that field.',
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The body as JSON; an absent one is `{}`. No list in it is longer than `itemsMax`.
 * @throws DomainError `unsupported_media_type`, `invalid_request`
 */
export function parseJson(bytes: Buffer, contentType: string | null, itemsMax?: number): unknown {
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
    mustBeStorable(value, itemsMax);
    return value;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    return failBody(
      '',
      error instanceof RangeError
        ? 'The body is nested too deeply.'
        : `The body is not valid JSON${placeIn((error as Error).message)}.`,
    );
  }
}

/** Where an engine says that JSON ends to be JSON: the rest of its sentence quotes the body. */
const placeIn = (message: string): string => / at position [0-9]+/.exec(message)?.[0] ?? '';

const failBody = (pointer: string, detail: string): never =>
  fail('invalid_request', { detail, errors: [{ pointer, code: 'invalid_request', detail }] });
