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

/** Returns an error as `application/problem+json`. */
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

/** Returns any error as a response. Internal faults are logged. */
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

/** The schema of `problemResponse`, for the OpenAPI document. */
export const problemSchema = z
  .object({
    type: z.string().meta({ description: 'URL of the page that explains the code.' }),
    title: z.string(),
    status: z.int().min(400).max(599),
    detail: z.string().meta({ description: 'What happened and what to do.' }),
    code: z.enum(API_ERRORS).meta({ description: 'Stable error code for programs.' }),
    requestId: z.string().regex(new RegExp(idPattern('req'))),
    errors: z
      .array(
        z.object({
          pointer: z.string().meta({
            description: 'JSON pointer (RFC 6901) into the body, or the name of a parameter or header.',
          }),
          code: z.enum(API_ERRORS),
          detail: z.string(),
        }),
      )
      .optional(),
    balance: z.enum(['master', 'member']).optional().meta({ description: 'The balance that is insufficient.' }),
    required: amount,
    available: amount,
    createdId: z.string().optional().meta({ description: 'ID of the object that the original request created.' }),
  })
  .meta({ id: 'Problem' });
