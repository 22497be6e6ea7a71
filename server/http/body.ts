import { DomainError, fail, failField } from '@/server/domain/core/errors';
import { mustBeStorable } from '@/server/domain/core/validation';
import { log } from '@/server/log';

/** The client went away before it had sent the whole body: a fault of neither side, and nobody waits for an answer. */
export class RequestAborted extends Error {
  override name = 'RequestAborted';
}

/** The status in the log of a request whose client went away (as nginx writes it). */
const ABORTED_STATUS = 499;

/** Ends a request whose client went away: it is logged as such, and what is answered reaches nobody. */
export function abortedResponse(line: Record<string, unknown>): Response {
  log({ ...line, msg: 'request aborted', level: 'info', status: ABORTED_STATUS });
  return new Response(null, { status: ABORTED_STATUS, headers: { 'Cache-Control': 'no-store' } });
}

/** The most a body may hold. A batch has a limit of its own. */
export const BODY_MAX_BYTES = 1_048_576;

/** The largest body of any route: a rate card as text within JSON, where each quote and line end takes one byte more. */
export const LARGEST_BODY_BYTES = 12 * BODY_MAX_BYTES;

/** A body that did not say its length is read on to here and dropped: to break it off would take the answer with it. */
const DRAIN_MAX_BYTES = 16 * BODY_MAX_BYTES;

/**
 * The body's bytes.
 * @throws DomainError `payload_too_large`, `unsupported_media_type` for a compressed one
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

/** Where an engine says that JSON ends to be JSON: the rest of its sentence quotes the body. */
const placeIn = (message: string): string => / at position [0-9]+/.exec(message)?.[0] ?? '';
