import { getTRPCErrorFromUnknown, TRPCError, type TRPC_ERROR_CODE_KEY } from '@trpc/server';
import { ZodError } from 'zod';
import { isUnavailable } from '@/db/faults';
import { describeError, DomainError, type ErrorCode, type ErrorFacts, type ERRORS } from '@/server/domain/core/errors';
import { inputError } from '@/server/domain/core/validation';
import { describeFault, log } from '@/server/log';

/** An error as the API prints it, with the seconds to wait. */
export type Problem = ReturnType<typeof describeError> & Pick<ErrorFacts, 'retryAfterSeconds'>;

/** The only error type sent by tRPC. It has no cause: unknown errors stay in the log. */
export class ProblemError extends TRPCError {
  constructor(readonly problem: Problem) {
    super({ code: NAMES[problem.status], message: problem.detail });
  }
}

/** The JSON-RPC code of every error; the code that matters is `data.code`, from the error table. */
const RPC_ERROR = -32_603;

/** Returns an error in the shape that pages receive. */
export const errorShape = ({ problem }: ProblemError, path?: string) => ({
  message: problem.detail,
  code: RPC_ERROR,
  data: { ...problem, httpStatus: problem.status, path },
});

/** tRPC's name for each status in the error table; the HTTP status is sent as in the table. */
const NAMES: Record<(typeof ERRORS)[ErrorCode]['status'], TRPC_ERROR_CODE_KEY> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHORIZED',
  402: 'PAYMENT_REQUIRED',
  403: 'FORBIDDEN',
  404: 'NOT_FOUND',
  405: 'METHOD_NOT_SUPPORTED',
  // tRPC has no name for 406, which no procedure returns.
  406: 'BAD_REQUEST',
  409: 'CONFLICT',
  // tRPC has no name for 410; nothing reads this one.
  410: 'CONFLICT',
  413: 'PAYLOAD_TOO_LARGE',
  415: 'UNSUPPORTED_MEDIA_TYPE',
  422: 'UNPROCESSABLE_CONTENT',
  429: 'TOO_MANY_REQUESTS',
  500: 'INTERNAL_SERVER_ERROR',
  503: 'SERVICE_UNAVAILABLE',
};

/** The errors that tRPC raises itself before a procedure runs. */
const BY_ITSELF: Partial<Record<TRPC_ERROR_CODE_KEY, ErrorCode>> = {
  PARSE_ERROR: 'invalid_request',
  BAD_REQUEST: 'invalid_request',
  NOT_FOUND: 'not_found',
  METHOD_NOT_SUPPORTED: 'method_not_allowed',
  PAYLOAD_TOO_LARGE: 'payload_too_large',
  UNSUPPORTED_MEDIA_TYPE: 'unsupported_media_type',
};

/** Returns any error as the problem to send. Internal faults are logged. */
export function problemFor(error: TRPCError, requestId: string): ProblemError {
  if (error instanceof ProblemError) return error;
  const known = domainErrorOf(error);
  if (known) return printed(known.code, known.facts, requestId);
  const unavailable = isUnavailable(error.cause);
  const [msg, level] = unavailable ? (['unavailable', 'warn'] as const) : (['unexpected error', 'error'] as const);
  log({ msg, level, id: requestId, ...describeFault(error.cause ?? error) });
  return unavailable ? printed('unavailable', { retryAfterSeconds: 2 }, requestId) : printed('internal', {}, requestId);
}

/** Returns the problem of a request that was refused before any procedure ran; it is always logged here. */
export function toProblemError(error: unknown, requestId: string): ProblemError {
  const refused = problemFor(getTRPCErrorFromUnknown(error), requestId);
  const { status, code } = refused.problem;
  log({ msg: 'request', level: status >= 500 ? 'error' : 'info', id: requestId, status, code });
  return refused;
}

function domainErrorOf(error: TRPCError): DomainError | null {
  const { cause } = error;
  if (cause instanceof DomainError) return cause;
  // tRPC uses BAD_REQUEST for inputs only: an output that does not match its schema is an internal fault.
  if (cause instanceof ZodError && error.code === 'BAD_REQUEST') return inputError(cause.issues, 'body');
  const code = BY_ITSELF[error.code];
  return code ? new DomainError(code) : null;
}

function printed(code: ErrorCode, { retryAfterSeconds, ...facts }: ErrorFacts, requestId: string): ProblemError {
  const when = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return new ProblemError({ ...describeError(code, facts, requestId), ...when });
}
