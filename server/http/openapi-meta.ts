import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { idPattern } from '@/server/domain/core/ids';
import { exampleId } from './openapi-examples';

/** What stands at the head of the document: the manners of the whole API. */
export const DESCRIPTION = `Team management for a messaging platform: members with API keys, balances and message logs,
paid from one master balance.

- **Key**: \`Authorization: Bearer pur_live_…\`. A key belongs to one member; what it may do is that member's role at that
  moment. An owner manages the team and spends the master balance, a member acts for itself alone.
- **Bodies** are JSON and strict: an unknown field is refused. Answers may grow fields; ignore those you do not know.
- **Money** is a decimal string such as \`"12.50"\`, never a float. Times are RFC 3339 in UTC.
- **Ids** are opaque, case-sensitive and sort by time. What is another team's answers 404, as an id that was never given.
- **Retries**: any POST takes \`Idempotency-Key\`. The same key with the same request moves money once and answers the
  same bytes, with \`Idempotent-Replayed: true\`. Only successes are kept.
- **Lists** are newest first: \`limit\`, and \`cursor\` with \`nextCursor\` of the page before and the same filters.
- **Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`, explained at \`/docs/errors\`.
- **Limits**: every answer carries \`RateLimit\` and \`RateLimit-Policy\`; 429 and 503 say \`Retry-After\`.
- HEAD answers as GET, OPTIONS lists the methods of a path, another method is 405 \`method_not_allowed\`.`;

/** One for each noun that begins a path. */
export const TAGS: Record<string, string> = {
  me: 'Who am I, and the balance that this key spends.',
  team: 'The team, its settings and its master balance.',
  invitations: 'People who are invited, by mail or by a link given by hand.',
  members: 'Seats of the team: their keys, roles, balances and auto-recharge rules.',
  transfers: 'Every movement of money.',
  rates: 'The prices of a segment, by country and prefix.',
  messages: 'Sending, prices and the log.',
  reports: 'Statistics by UTC days.',
  keys: 'API keys.',
  'audit-events': 'Who did what.',
};

/** Fields of requests, by their names. */
export const PARAMETERS = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'The same key with the same request is carried out once. Printable ASCII.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]{1,255}$' },
    example: '6f1c2d9e-order-1042',
  },
  Member: {
    name: 'Member',
    in: 'header',
    description: "From an owner's key: the member for whom to act, whose balance pays.",
    schema: { type: 'string', pattern: idPattern('mem') },
    example: exampleId('mem'),
  },
} as const;

const header = (description: string, schema: object, example: string) => ({ description, schema, example });

/** Fields of answers, by their names. */
export const HEADERS = {
  'Request-Id': header(
    'Names this request in the logs.',
    { type: 'string', pattern: idPattern('req') },
    exampleId('req'),
  ),
  RateLimit: header('What remains, and in how many seconds all of it is back.', { type: 'string' }, '"team";r=399;t=1'),
  'RateLimit-Policy': header('The limit: how many in how many seconds.', { type: 'string' }, '"team";q=400;w=2'),
  'Idempotent-Replayed': header(
    'Present when this is the stored answer of an earlier request with the same key.',
    { const: 'true' },
    'true',
  ),
  'Retry-After': header('Seconds to wait before the same request is sent again.', { type: 'string' }, '1'),
  'WWW-Authenticate': header('How to give a key.', { type: 'string' }, 'Bearer realm="purser"'),
} as const;

/** A problem with the first of some codes, as the door prints it. */
export function exampleProblem(codes: readonly ErrorCode[]): object {
  const code = codes[0]!;
  const { status, title, advice } = ERRORS[code];
  const requestId = exampleId('req');
  return { type: `/docs/errors/${code}`, title, status, detail: advice, code, requestId, ...FACTS[code] };
}

const FACTS: Partial<Record<ErrorCode, object>> = {
  invalid_request: {
    errors: [{ pointer: '/colour', code: 'invalid_request', detail: 'There is no such field here.' }],
  },
  insufficient_funds: { balance: 'member', required: '12.50', available: '3.20' },
};
