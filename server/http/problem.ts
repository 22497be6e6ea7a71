import { z } from 'zod';
import { isUnavailable } from '@/db/faults';
import {
  API_ERRORS,
  ERRORS,
  describeError,
  DomainError,
  type ErrorCode,
  type ErrorFacts,
} from '@/server/domain/core/errors';
import { idPattern, newRequestId } from '@/server/domain/core/ids';
import { PRINTED_AMOUNT } from '@/server/domain/core/money';
import { describeFault, log } from '@/server/log';

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

/** Whatever a request has come to grief on, as its answer. What is our own fault is logged. */
export function toProblemResponse(error: unknown, requestId: string, headers?: Record<string, string>): Response {
  if (error instanceof DomainError) {
    return problemResponse(error.code, { ...error.facts, requestId, ...(headers && { headers }) });
  }
  const unavailable = isUnavailable(error);
  const [msg, level] = unavailable ? (['unavailable', 'warn'] as const) : (['unexpected error', 'error'] as const);
  log({ msg, level, id: requestId, ...describeFault(error) });
  return unavailable
    ? problemResponse('unavailable', { requestId, retryAfterSeconds: 2 })
    : problemResponse('internal', { requestId });
}

const amount = z.string().regex(new RegExp(PRINTED_AMOUNT)).optional();

/** What `problemResponse` prints, for the API's document. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'A page of this service that explains the code.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What to do.' }),
    code: z.enum(API_ERRORS).meta({ description: 'Stable: what a program should look at.' }),
    requestId: z.string().regex(new RegExp(idPattern('req'))),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description: 'A JSON pointer (RFC 6901) into the body, or the name of a parameter or a header field.',
          }),
          code: z.enum(API_ERRORS),
          detail: z.string(),
        }),
      )
      .optional(),
    balance: z.enum(['master', 'member']).optional().meta({ description: 'Which balance is short.' }),
    required: amount,
    available: amount,
    createdId: z.string().optional().meta({ description: 'The id of what the request made when it was carried out.' }),
  })
  .meta({ id: 'Problem' });
