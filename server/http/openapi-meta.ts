import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { idPattern } from '@/server/domain/core/ids';
import { exampleId } from '@/server/operations/examples';

/** The introduction of the OpenAPI document: the conventions of the whole API. */
export const DESCRIPTION = `Team management for a messaging platform: members with API keys, balances and message logs,
paid from one master balance.

- **Key**: \`Authorization: Bearer pur_live_…\`. A key belongs to one member and has the rights of that member's current
  role. An owner manages the team and spends the master balance; a member can only use its own account.
- **Bodies** are JSON and strict: unknown fields are refused. Responses may gain fields; ignore those you do not know.
- **Money** is a decimal string such as \`"12.50"\`, never a float. Times are RFC 3339 in UTC.
- **Ids** are opaque, case-sensitive and sort by time. IDs of another team return 404, like unknown IDs.
- **Retries**: every POST accepts \`Idempotency-Key\`. The same key with the same request moves money once and returns the
  same bytes, with \`Idempotent-Replayed: true\`. Only successful responses are stored.
- **Lists** are newest first. Pass \`limit\`, and as \`cursor\` the \`nextCursor\` of the previous page with the same filters.
- **Errors** are \`application/problem+json\` (RFC 9457) with a stable \`code\`, explained at \`/docs/errors\`.
- **Limits**: every response has \`RateLimit\` and \`RateLimit-Policy\`; 429 and 503 have \`Retry-After\`.
- HEAD works like GET, OPTIONS lists the methods of a path, any other method is 405 \`method_not_allowed\`.`;

/** The descriptions of the tags: one for each noun that begins a path. */
export const TAGS: Record<string, string> = {
  me: 'The member of the key, and the balance it spends.',
  team: 'The team, its settings and its master balance.',
  invitations: 'Invitations to the team, by email or by a shared link.',
  members: 'Members of the team: their keys, roles, balances and auto-recharge rules.',
  transfers: 'Every movement of money.',
  rates: 'Prices per segment, by country and prefix.',
  messages: 'Sending messages, estimates and the log.',
  reports: 'Statistics by UTC day.',
  keys: 'API keys.',
  'audit-events': 'The audit log.',
};

/** The header fields of requests, by name. */
export const PARAMETERS = {
  'Idempotency-Key': {
    name: 'Idempotency-Key',
    in: 'header',
    description: 'Repeating a request with the same key has no further effect. Printable ASCII.',
    schema: { type: 'string', minLength: 1, maxLength: 255, pattern: '^[ -~]{1,255}$' },
    example: '6f1c2d9e-order-1042',
  },
  Member: {
    name: 'Member',
    in: 'header',
    description: "With an owner's key: the member to act for, whose balance pays.",
    schema: { type: 'string', pattern: idPattern('mem') },
    example: exampleId('mem'),
  },
} as const;

const header = (description: string, schema: object, example: string) => ({ description, schema, example });

/** The header fields of responses, by name. */
export const HEADERS = {
  'Request-Id': header(
    'ID of this request in the logs.',
    { type: 'string', pattern: idPattern('req') },
    exampleId('req'),
  ),
  RateLimit: header(
    'Remaining requests, and seconds until all of them are available again.',
    { type: 'string' },
    '"team";r=399;t=1',
  ),
  'RateLimit-Policy': header('The quota and its window in seconds.', { type: 'string' }, '"team";q=400;w=2'),
  'Idempotent-Replayed': header(
    'Present if this is the stored response of an earlier request with the same key.',
    { const: 'true' },
    'true',
  ),
  'Retry-After': header('Seconds to wait before retrying.', { type: 'string' }, '1'),
  'WWW-Authenticate': header('The authentication scheme.', { type: 'string' }, 'Bearer realm="purser"'),
} as const;

/** Returns an example problem for the first of some codes, as the API prints it. */
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
