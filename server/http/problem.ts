import { ERRORS, describeError, type ErrorCode, type ErrorFacts } from '@/server/domain/errors';
import { newRequestId } from '@/server/domain/ids';

/** An error as `application/problem+json`. */
export function problemResponse(
  code: ErrorCode,
  options: ErrorFacts & { headers?: Record<string, string>; requestId?: string } = {},
): Response {
  const { headers, requestId = newRequestId(), retryAfterSeconds, ...facts } = options;
  const { status } = ERRORS[code];
  return new Response(JSON.stringify(describeError(code, facts, requestId)), {
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
