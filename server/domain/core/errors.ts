/**
 * Every way in which a request can end badly: the one table that both doors, the error pages and the API's document read.
 * `title` is the same for every occurrence, `advice` says what to do; a `detail` of the occurrence may replace it.
 */
export const ERRORS = {
  invalid_request: {
    status: 400,
    title: 'The request is not as the API expects it',
    advice: 'Look at `errors`: each names a field and what it should be. Nothing was changed.',
  },
  invalid_amount: {
    status: 400,
    title: 'An amount is not valid',
    advice:
      'Give a decimal string such as "25.00": no sign, no exponent, at most six decimals, at most 1000000000.00, and above zero where money is to move. Nothing was moved.',
  },
  invalid_cursor: {
    status: 400,
    title: 'The cursor is not valid here',
    advice:
      'Pass `nextCursor` of the page before unchanged, with the same filters; or leave `cursor` out to begin anew.',
  },
  key_in_url: {
    status: 400,
    title: 'A key must not stand in a URL',
    advice: 'URLs end up in logs. Send the key as `Authorization: Bearer pur_live_…`, and rotate this one.',
  },
  missing_key: {
    status: 401,
    title: 'No API key was given',
    advice: 'Send it as `Authorization: Bearer pur_live_…`.',
  },
  invalid_key: {
    status: 401,
    title: 'The API key is not valid',
    advice: 'It is mistyped, unknown, revoked, or its member was deleted. Ask an owner of the team for a new one.',
  },
  insufficient_funds: {
    status: 402,
    title: 'The balance does not suffice',
    advice:
      '`balance` names the balance that is short, `available` what it holds, `required` what was asked. Nothing was moved.',
  },
  owner_required: {
    status: 403,
    title: 'Only an owner of the team may do this',
    advice: 'Use the key of an owner, or ask one.',
  },
  member_inactive: {
    status: 403,
    title: 'The member is deactivated',
    advice: 'An owner of the team can activate it again. The balance is untouched.',
  },
  team_suspended: {
    status: 403,
    title: 'The team is suspended',
    advice: 'Reading goes on, nothing can be sent or changed. Ask the operator of this service. Nothing was moved.',
  },
  confirmation_required: {
    status: 403,
    title: 'Your password is asked again here',
    advice:
      'The team asks its people again before this, in the pages alone: no key is ever asked. Prove who you are, then it goes on. Nothing was changed.',
  },
  not_found: {
    status: 404,
    title: 'There is nothing here',
    advice: 'Check the path and the id. What belongs to another team or member is not found either.',
  },
  method_not_allowed: {
    status: 405,
    title: 'The method is not allowed here',
    advice: 'The `Allow` field lists what is.',
  },
  not_acceptable: {
    status: 406,
    title: 'The answer is of a type that the request excludes',
    advice:
      'Send no `Accept`, or one that allows `application/json`; paths that end with `.csv` answer `text/csv`. Nothing was changed.',
  },
  idempotency_in_flight: {
    status: 409,
    title: 'The same request is still running',
    advice: 'Ask again in a second with the same Idempotency-Key: the answer will be the one of the first.',
  },
  idempotency_expired: {
    status: 409,
    title: 'The answer for this Idempotency-Key is no longer kept',
    advice:
      'The request was carried out once and will not run again. `createdId` is the id of the object that it created; look it up.',
  },
  currency_fixed: {
    status: 409,
    title: 'The currency can no longer change',
    advice: 'Money has moved in this team. Make a new team for another currency.',
  },
  email_taken: {
    status: 409,
    title: 'Another member has this email',
    advice:
      'Each member of a team that is not deleted has an email of its own. Choose another, or leave it out to have one generated.',
  },
  last_owner: {
    status: 409,
    title: 'This is the last active owner',
    advice: 'Make another member an owner first.',
  },
  member_deleted: {
    status: 409,
    title: 'The member is deleted',
    advice: 'A deleted member can only be read. Nothing was changed.',
  },
  already_member: {
    status: 409,
    title: 'This person has a seat in the team already',
    advice: 'One person has one seat in a team. Delete the other seat first, or go on with it.',
  },
  invitation_pending: {
    status: 409,
    title: 'An invitation is open already',
    advice:
      'One address has one open invitation of a team, and one member one open claim. Resend it, or revoke it first.',
  },
  invitation_closed: {
    status: 410,
    title: 'The invitation is no longer open',
    advice: 'It was accepted, declined or revoked, or its link is old. A new one can be made.',
  },
  already_reversed: {
    status: 409,
    title: 'The transfer was reversed before',
    advice: 'A transfer is reversed once; `reversedBy` of it names the transfer that did. Nothing was moved.',
  },
  not_reversible: {
    status: 409,
    title: 'The transfer cannot be reversed',
    advice:
      'Only a credit, a debit and a recharge can be, and never a reversal itself. Move the money by a new transfer. Nothing was moved.',
  },
  payload_too_large: {
    status: 413,
    title: 'The body is too large',
    advice: 'A body may have 1 MiB, a batch of messages 8 MiB.',
  },
  unsupported_media_type: {
    status: 415,
    title: 'The body is not JSON',
    advice: 'Send it with `Content-Type: application/json`.',
  },
  idempotency_mismatch: {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    advice: 'Use a new key for a new request, and the same key only to repeat the very same one. Nothing was changed.',
  },
  unroutable_number: {
    status: 422,
    title: 'The recipient is not a number that can be reached',
    advice: 'Give it in E.164 with its country code, such as +14155550100. Nothing was charged.',
  },
  no_rate: {
    status: 422,
    title: 'The team has no price for this destination',
    advice:
      'The rate card has no row for its country or prefix. Ask the operator of this service to add it. Nothing was charged.',
  },
  rate_limited: {
    status: 429,
    title: 'Too many requests',
    advice: 'Wait as many seconds as `Retry-After` says. The request was not begun.',
  },
  internal: {
    status: 500,
    title: 'Something went wrong here',
    advice:
      'It is our fault, and it is logged under `requestId`. Repeat the request with the same Idempotency-Key: it moves money once at most.',
  },
  unavailable: {
    status: 503,
    title: 'The service cannot answer now',
    advice: 'Ask again as `Retry-After` says, with the same Idempotency-Key: it moves money once at most.',
  },
} as const satisfies Record<string, { status: number; title: string; advice: string }>;

export type ErrorCode = keyof typeof ERRORS;

/** What is asked of people alone, in the pages: the API never answers so. */
const OF_PAGES = ['confirmation_required'] as const;
export type ApiErrorCode = Exclude<ErrorCode, (typeof OF_PAGES)[number]>;

/** The codes with which the API can answer. */
export const API_ERRORS = Object.keys(ERRORS).filter((code) => !OF_PAGES.some((one) => one === code));

export const isErrorCode = (text: string): text is ErrorCode => Object.hasOwn(ERRORS, text);

/** One field that is wrong: a JSON pointer (RFC 6901) into the body, or the name of a parameter. */
export type FieldError = { pointer: string; code: string; detail: string };

/** What an error may carry beside its code. `balance`, `required`, `available` belong to `insufficient_funds`. */
export type ErrorFacts = {
  detail?: string;
  errors?: FieldError[];
  balance?: 'master' | 'member';
  required?: string;
  available?: string;
  createdId?: string;
  retryAfterSeconds?: number;
};

/** An error as both doors print it (RFC 9457): what happened, what to do, a stable code, and a page that explains. */
export function describeError(code: ErrorCode, facts: Omit<ErrorFacts, 'retryAfterSeconds'>, requestId: string) {
  const { status, title, advice } = ERRORS[code];
  const { detail = advice, ...rest } = facts;
  return { type: `/docs/errors/${code}`, title, status, detail, code, requestId, ...rest };
}

/** What goes wrong and undoes the transaction. Throw codes, not sentences. */
export class DomainError extends Error {
  override name = 'DomainError';
  constructor(
    readonly code: ErrorCode,
    readonly facts: ErrorFacts = {},
  ) {
    super(`${code}: ${facts.detail ?? ERRORS[code].title}`);
  }
}

/** A refusal that the verb returns after committing, because what was refused must be remembered. */
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
