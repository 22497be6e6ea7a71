import { DomainError, fail, failField } from '@/server/domain/core/errors';
import { mustBeStorable } from '@/server/domain/core/validation';
import { log } from '@/server/log';

/** Thrown when the client disconnects before it has sent the whole body. Nobody waits for an answer. */
export class RequestAborted extends Error {
  override name = 'RequestAborted';
}

/** The logged status of a request whose client disconnected (499, as in nginx). */
const ABORTED_STATUS = 499;

/** Returns the answer for a disconnected client, so that the request is logged like any other. */
export function abortedResponse(line: Record<string, unknown>): Response {
  log({ ...line, msg: 'request aborted', level: 'info', status: ABORTED_STATUS });
  return new Response(null, { status: ABORTED_STATUS, headers: { 'Cache-Control': 'no-store' } });
}

/** The default size limit of a body, in bytes. A batch has its own limit. */
export const BODY_MAX_BYTES = 1_048_576;

/**
 * The largest body of any route, in bytes: a rate card as text within JSON, where each quote and line end takes one
 * more byte.
 */
export const LARGEST_BODY_BYTES = 12 * BODY_MAX_BYTES;

/**
 * The most bytes of an oversized body without a length that are read and dropped, so that the client still receives the
 * answer.
 */
const DRAIN_MAX_BYTES = 16 * BODY_MAX_BYTES;

/**
 * Reads the bytes of a body.
 * @param max size limit in bytes
 * @throws DomainError `payload_too_large`, `unsupported_media_type` for a compressed body
 * @throws RequestAborted
 */
export async function readBytes(request: Request, max = BODY_MAX_BYTES): Promise<Buffer> {
  if (request.body) mustNotBeCompressed(request.headers.get('content-encoding'));
  if (Number(request.headers.get('content-length') ?? 0) > max) fail('payload_too_large');
  if (!request.body) return Buffer.alloc(0);
  const parts: Uint8Array[] = [];
  let size = 0;
  const reader = request.body.getReader();
  const next = () => reader.read().catch((error: unknown) => Promise.reject(new RequestAborted('', { cause: error })));
  for (let part = await next(); !part.done; part = await next()) {
    size += part.value.byteLength;
    if (size <= max) parts.push(part.value);
    if (size > DRAIN_MAX_BYTES) break;
  }
  if (size > max) fail('payload_too_large');
  return Buffer.concat(parts);
}

// Compressed bodies are refused, because a small one could unpack to a very large one.
function mustNotBeCompressed(encoding: string | null): void {
  if (encoding === null || /^\s*(identity)?\s*$/i.test(encoding)) return;
  fail('unsupported_media_type', {
    detail: 'The body is compressed (`Content-Encoding`). Send it uncompressed, without that header.',
  });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Parses a body as JSON; an absent one is `{}`. No list in it may be longer than `itemsMax`.
 * @throws DomainError `unsupported_media_type`, `invalid_request`
 */
export function parseJson(bytes: Buffer, contentType: string | null, itemsMax?: number): unknown {
  if (bytes.length === 0) return {};
  if (!/^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(contentType ?? '')) fail('unsupported_media_type');
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch {
    return failField('', 'The body is not valid UTF-8.');
  }
  try {
    const value: unknown = JSON.parse(text);
    mustBeStorable(value, itemsMax);
    return value;
  } catch (error) {
    if (error instanceof DomainError) throw error;
    return failField(
      '',
      error instanceof RangeError
        ? 'The body is nested too deeply.'
        : `The body is not valid JSON${placeIn((error as Error).message)}.`,
    );
  }
}

/** Returns the position from the engine's message, whose other words quote the body. */
const placeIn = (message: string): string => / at position [0-9]+/.exec(message)?.[0] ?? '';
