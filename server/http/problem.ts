import { ERRORS, type ErrorCode, type ErrorFacts } from '@/server/domain/errors';
import { newUuid7, printId } from '@/server/domain/ids';

/** A new id of a request, as it is printed. */
export const newRequestId = (): string => printId('req', newUuid7());

/**
 * An error as `application/problem+json` (RFC 9457): what happened, what to do, a stable code, and a page that explains.
 */
export function problemResponse(
  code: ErrorCode,
  options: ErrorFacts & { headers?: Record<string, string>; requestId?: string } = {},
): Response {
  const { headers, requestId = newRequestId(), retryAfterSeconds, detail, ...facts } = options;
  const { status, title, advice } = ERRORS[code];
  const body = { type: `/docs/errors/${code}`, title, status, detail: detail ?? advice, code, requestId, ...facts };
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      'Request-Id': requestId,
      ...(status === 401 && {
        'WWW-Authenticate': `Bearer realm="purser"${code === 'invalid_key' ? ', error="invalid_token"' : ''}`,
      }),
      ...(retryAfterSeconds !== undefined && { 'Retry-After': String(retryAfterSeconds) }),
      ...headers,
    },
  });
}
