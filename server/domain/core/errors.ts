/**
 * Every error code, read by both channels, the error pages and the OpenAPI document. `title` is the same for every
 * occurrence, `advice` says what to do; the `detail` of an occurrence replaces the advice.
 */
export const ERRORS = {
  invalid_request: {
    status: 400,
    title: 'Invalid request',
    advice: 'Nothing was changed. Fix the fields that `errors` lists, then try again.',
  },
  invalid_amount: {
    status: 400,
    title: 'Invalid amount',
    advice:
      'No money moved. Use a decimal string such as "25.00": no sign, no exponent, at most six decimals, at most 1000000000.00, and above zero where money moves.',
  },
  invalid_cursor: {
    status: 400,
    title: 'Invalid cursor',
    advice:
      'Pass the `nextCursor` of the previous page unchanged, with the same filters. Omit `cursor` to start again.',
  },
  key_in_url: {
    status: 400,
    title: 'API keys are not allowed in URLs',
    advice: 'URLs end up in logs. Send the key as `Authorization: Bearer pur_live_…`, and rotate this one.',
  },
  missing_key: {
    status: 401,
    title: 'Missing API key',
    advice: 'Send it as `Authorization: Bearer pur_live_…`.',
  },
  invalid_key: {
    status: 401,
    title: 'Invalid API key',
    advice:
      'The key is mistyped, unknown or revoked, or its member was deleted. Ask an owner of the team for a new one.',
  },
  insufficient_funds: {
    status: 402,
    title: 'Insufficient balance',
    advice:
      'No money moved. `balance` names the balance that is too low, `available` is what it holds, `required` is what was requested.',
  },
  owner_required: {
    status: 403,
    title: 'Only an owner can do this',
    advice: 'Use the API key of an owner, or ask an owner of the team.',
  },
  member_inactive: {
    status: 403,
    title: 'The member is deactivated',
    advice: 'The balance is kept. An owner of the team can activate the member again.',
  },
  team_suspended: {
    status: 403,
    title: 'The team is suspended',
    advice:
      'No money moved. Reading still works; sending and changes are blocked. Contact the operator of this service.',
  },
  confirmation_required: {
    status: 403,
    title: 'Confirm your identity',
    advice:
      'Nothing was changed. The team requires reauthentication before this action. It applies to the web only, never to an API key.',
  },
  not_found: {
    status: 404,
    title: 'Not found',
    advice: "It does not exist, it was deleted, or you don't have access to it. Check the path and the id.",
  },
  method_not_allowed: {
    status: 405,
    title: 'Method not allowed',
    advice: 'Use one of the methods in the `Allow` header.',
  },
  not_acceptable: {
    status: 406,
    title: 'Response type not available',
    advice:
      'Nothing was changed. Send no `Accept` header, or one that allows `application/json`. Paths that end with `.csv` return `text/csv`.',
  },
  idempotency_in_flight: {
    status: 409,
    title: 'The first request is still running',
    advice: 'Retry in a second with the same Idempotency-Key to get the response of the first request.',
  },
  idempotency_expired: {
    status: 409,
    title: 'The stored response has expired',
    advice:
      'The request was carried out once and will not run again. `createdId` is the id of the object that it created; use it to look the object up.',
  },
  currency_fixed: {
    status: 409,
    title: 'The currency can no longer be changed',
    advice: 'Money has already moved in this team. Create a new team for another currency.',
  },
  email_taken: {
    status: 409,
    title: 'Email already in use',
    advice: 'Another member of the team has this email. Choose another one, or omit it to have one generated.',
  },
  last_owner: {
    status: 409,
    title: 'This is the last active owner',
    advice: 'Make another member an owner first.',
  },
  member_deleted: {
    status: 409,
    title: 'The member is deleted',
    advice: 'Nothing was changed. A deleted member can only be read.',
  },
  already_member: {
    status: 409,
    title: 'Already a member of this team',
    advice: 'A user has at most one membership in a team. Delete the other one first, or keep using it.',
  },
  invitation_pending: {
    status: 409,
    title: 'An invitation is already open',
    advice:
      'A team can have one open invitation per email address and one per member. Resend or revoke the open one first.',
  },
  invitation_closed: {
    status: 410,
    title: 'The invitation is no longer open',
    advice: 'It was accepted, declined or revoked, or its link has expired. An owner can create a new one.',
  },
  already_reversed: {
    status: 409,
    title: 'Transfer already reversed',
    advice: 'No money moved. A transfer can be reversed once; its `reversedBy` names the transfer that reversed it.',
  },
  not_reversible: {
    status: 409,
    title: 'Transfer cannot be reversed',
    advice:
      'No money moved. Only credits, debits and recharges can be reversed, and never a reversal. Create a new transfer instead.',
  },
  payload_too_large: {
    status: 413,
    title: 'Body too large',
    advice: 'A body may have up to 1 MiB; a batch of messages or a rate card may have up to 8 MiB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not JSON',
    advice: 'Send it with `Content-Type: application/json`.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'Idempotency-Key used for another request',
    advice: 'Nothing was changed. Use a new key for a new request, and the same key only to repeat the same request.',
  },
  unroutable_number: {
    status: 422,
    title: 'Invalid phone number',
    advice: 'Nothing was charged. Send the number in E.164 format with its country code, such as +14155550100.',
  },
  no_rate: {
    status: 422,
    title: 'No price for this destination',
    advice:
      'Nothing was charged. The rate card has no rate for this country or prefix. Ask the operator of this service to add one.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    advice: 'The request was not carried out. Retry after the seconds in `Retry-After`.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong',
    advice:
      'The fault is ours and is logged under `requestId`. Retry with the same Idempotency-Key: money moves at most once.',
  },
  unavailable: {
    status: 503,
    title: 'Service unavailable',
    advice: 'Retry after the seconds in `Retry-After`, with the same Idempotency-Key: money moves at most once.',
  },
} as const satisfies Record<string, { status: number; title: string; advice: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** Codes that only the web uses; the API never returns them. */
const WEB_ONLY = ['confirmation_required'] as const;
export type ApiErrorCode = Exclude<ErrorCode, (typeof WEB_ONLY)[number]>;

/** The codes that the API can return. */
export const API_ERRORS = Object.keys(ERRORS).filter((code) => !WEB_ONLY.some((one) => one === code));

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

/** An error in one field. `pointer` is a JSON pointer (RFC 6901) into the body, or the name of a parameter or header. */
export type FieldError = { pointer: string; code: string; detail: string };

/** Optional fields of an error. `balance`, `required`, `available` belong to `insufficient_funds`. */
export type ErrorFacts = {
  detail?: string;
  errors?: FieldError[];
  balance?: 'master' | 'member';
  required?: string;
  available?: string;
  createdId?: string;
  retryAfterSeconds?: number;
};

/** Returns an error as both channels print it (RFC 9457). */
export function describeError(code: ErrorCode, facts: Omit<ErrorFacts, 'retryAfterSeconds'>, requestId: string) {
  const { status, title, advice } = ERRORS[code];
  const { detail = advice, ...rest } = facts;
  return { type: `/docs/errors/${code}`, title, status, detail, code, requestId, ...rest };
}

/** An error that rolls the transaction back. It is thrown with a code; the texts are in `ERRORS`. */
export class DomainError extends Error {
  override name = 'DomainError';
  constructor(
    readonly code: ErrorCode,
    readonly facts: ErrorFacts = {},
  ) {
    super(`${code}: ${facts.detail ?? ERRORS[code].title}`);
  }
}

/** A refusal that a command returns after it has committed, because the refusal must be recorded. */
export class Refusal {
  constructor(
    readonly code: ErrorCode,
    readonly facts: ErrorFacts = {},
  ) {}
}

/** Throws a DomainError. */
export function fail(code: ErrorCode, facts?: ErrorFacts): never {
  throw new DomainError(code, facts);
}

/**
 * Throws `invalid_request` for one field.
 * @param pointer JSON pointer into the body (`/amount`), or the name of a parameter or header
 * @param detail the error of the field
 * @param summary the `detail` of the whole error, if it differs from the field's
 * @throws DomainError `invalid_request`
 */
export function failField(pointer: string, detail: string, summary = detail): never {
  fail('invalid_request', { detail: summary, errors: [{ pointer, code: 'invalid_request', detail }] });
}
