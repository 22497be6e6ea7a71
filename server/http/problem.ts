import { z } from 'zod';
import { ERRORS, type ErrorCode, type ErrorFacts } from '@/server/domain/errors';
import { idPattern, newUuid7, printId } from '@/server/domain/ids';
import { PRINTED_AMOUNT } from '@/server/domain/money';

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

const amount = z.string().regex(new RegExp(PRINTED_AMOUNT)).optional();

/** What `problemResponse` prints, for the API's document. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A page of this service that explains the code.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What to do.' }),
    code: z.enum(Object.keys(ERRORS)).meta({ description: 'Stable: what a program should look at.' }),
    requestId: z.string().regex(new RegExp(idPattern('req'))),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description: 'A JSON pointer (RFC 6901) into the body, or the name of a parameter or a header field.',
          }),
          code: z.enum(Object.keys(ERRORS)),
          detail: z.string(),
        }),
      )
      .optional(),
    balance: z.enum(['master', 'member']).optional().meta({ description: 'Which balance is short.' }),
    required: amount,
    available: amount,
    made: z.string().optional().meta({ description: 'The id of what the request made when it was carried out.' }),
  })
  .meta({ id: 'Problem' });
