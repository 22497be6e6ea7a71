import { getTRPCErrorFromUnknown, TRPCError, type TRPC_ERROR_CODE_KEY } from '@trpc/server';
import { ZodError } from 'zod';
import { isUnavailable } from '@/db/faults';
import { describeError, DomainError, type ErrorCode, type ErrorFacts, type ERRORS } from '@/server/domain/core/errors';
import { inputError } from '@/server/domain/core/validation';
import { describeFault, log } from '@/server/log';

/** An error as the API prints it, and when to ask again. */
export type Problem = ReturnType<typeof describeError> & Pick<ErrorFacts, 'retryAfterSeconds'>;

/** The one error that leaves this door. It carries no cause: what is unknown stays in the log. */
export class ProblemError extends TRPCError {
  constructor(readonly problem: Problem) {
    super({ code: NAMES[problem.status], message: problem.detail });
  }
}

/** The JSON-RPC code of every error: what it is stands in `data.code`, in the words of the one table. */
const RPC_ERROR = -32_603;

/** An error as the pages receive it. */
export const errorShape = ({ problem }: ProblemError, path?: string) => ({
  message: problem.detail,
  code: RPC_ERROR,
  data: { ...problem, httpStatus: problem.status, path },
});

/** tRPC's name of each status in the table of errors; the status itself is answered as it stands there. */
const NAMES: Record<(typeof ERRORS)[ErrorCode]['status'], TRPC_ERROR_CODE_KEY> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  402: 'PAYMENT_REQUIRED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  // It has no word for this one, which no procedure answers.
  406: 'BAD_REQUEST',
  409: 'CONFLICT',
  // It has no word for what is gone; nothing reads this one.
  410: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

/** What tRPC refuses by itself, before a procedure is begun. */
const BY_ITSELF: Partial<Record<TRPC_ERROR_CODE_KEY, ErrorCode>> = {
  PARSE_ERROR: 'invalid_request',
  BAD_REQUEST: 'invalid_request',
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  PAYLOAD_TOO_LARGE: 'payload_too_large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
};

/** Whatever has gone wrong in a request, as the error that is answered. What is our own fault is logged. */
export function problemFor(error: TRPCError, requestId: string): ProblemError {
  if (error instanceof ProblemError) return error;
  const known = domainErrorOf(error);
  if (known) return printed(known.code, known.facts, requestId);
  const unavailable = isUnavailable(error.cause);
  const [msg, level] = unavailable ? (['unavailable', 'warn'] as const) : (['unexpected error', 'error'] as const);
  log({ msg, level, id: requestId, ...describeFault(error.cause ?? error) });
  return unavailable ? printed('unavailable', { retryAfterSeconds: 2 }, requestId) : printed('internal', {}, requestId);
}

/** The error of a request that was refused before any procedure was begun; here it is logged whatever it is. */
export function toProblemError(error: unknown, requestId: string): ProblemError {
  const refused = problemFor(getTRPCErrorFromUnknown(error), requestId);
  const { status, code } = refused.problem;
  log({ msg: 'request', level: status >= 500 ? 'error' : 'info', id: requestId, status, code });
  return refused;
}

function domainErrorOf(error: TRPCError): DomainError | null {
  const { cause } = error;
  if (cause instanceof DomainError) return cause;
  // tRPC says BAD_REQUEST of an input alone: an answer that does not fit its schema is our own fault.
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') return inputError(cause.issues, 'body');
  const code = BY_ITSELF[error.code];
  return code ? new DomainError(code) : null;
}

function printed(code: ErrorCode, { retryAfterSeconds, ...facts }: ErrorFacts, requestId: string): ProblemError {
  const when = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new ProblemError({ ...describeError(code, facts, requestId), ...when });
}
