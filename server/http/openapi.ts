import { z, type ZodType } from 'zod';
import { version } from '@/package.json';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { idPattern } from '@/server/domain/core/ids';
import { BY_PATH, type Named } from '@/server/operations/all';
import { exampleId } from '@/server/operations/examples';
import { isTable, noInput, PATH_IDS, pathIdsOf } from '@/server/operations/operation';
import { DESCRIPTION, exampleProblem, HEADERS, PARAMETERS, TAGS } from './openapi-meta';
import { problemSchema } from './problem';

type Json = Record<string, unknown>;

/** The named schemas and responses, collected while the paths are described. */
type Components = { schemas: Record<string, Json>; responses: Record<string, Json> };

/**
 * Returns the OpenAPI 3.1 document, built from all operations and from the same schemas that parse requests and print
 * responses.
 */
export function openApiDocument(byPath = BY_PATH): Json {
  const named: Components = { schemas: {}, responses: {} };
  const paths = Object.fromEntries(
    [...byPath].map(([path, operations]) => [publicPath(path), describePath(path, operations, named)]),
  );
  jsonSchema(problemSchema, named);
  const nouns = [...new Set([...byPath.keys()].map(nounOf))];
  return {
    openapi: '3.1.1',
    info: {
      title: 'Purser',
      version,
      description: DESCRIPTION,
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: '/api/v1' }],
    security: [{ key: [] }],
    tags: nouns.map((name) => ({ name, description: TAGS[name] })),
    paths,
    components: {
      securitySchemes: { key: { type: 'http', scheme: 'bearer', description: 'An API key: `pur_live_…`.' } },
      parameters: PARAMETERS,
      headers: HEADERS,
      schemas: sorted(named.schemas),
      responses: sorted(named.responses),
    },
  };
}

const nounOf = (path: string): string => path.split('/')[1]!.replace(/\.csv$/, '');

const sorted = <T>(record: Record<string, T>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/** Returns a path as the document shows it: one with a single id calls it `id`, like the API's guide. */
export const publicPath = (path: string): string =>
  pathIdsOf(path).length === 1 ? path.replace(/\{\w+\}/, '{id}') : path;

function describePath(path: string, operations: Named[], named: Components): Json {
  const parameters = pathParameters(path);
  return {
    ...(parameters.length > 0 && { parameters }),
    ...Object.fromEntries(
      operations.map((operation) => [operation.method.toLowerCase(), describeOperation(operation, named)]),
    ),
  };
}

const pathParameters = (path: string): Json[] =>
  pathIdsOf(path).map((name, _, { length }) => ({
    name: length === 1 ? 'id' : name,
    in: 'path',
    required: true,
    schema: { type: 'string', pattern: idPattern(PATH_IDS[name]) },
    example: exampleId(PATH_IDS[name]),
  }));

function describeOperation(operation: Named, named: Components): Json {
  const { id, path, method, summary, description, input, onBehalf, example } = operation;
  const parameters = [
    ...(method === 'GET' ? queryParameters(input, example.input, named) : []),
    ...(onBehalf ? [refTo('parameters', 'Member')] : []),
    ...(method === 'POST' ? [refTo('parameters', 'Idempotency-Key')] : []),
  ];
  return {
    operationId: id,
    tags: [nounOf(path)],
    summary,
    ...(description !== null && { description }),
    ...(parameters.length > 0 && { parameters }),
    ...(method !== 'GET' && input !== noInput && { requestBody: describeBody(input, example.input, named) }),
    responses: { ...successes(operation, named), ...failures(operation, named) },
  };
}

const refTo = (kind: string, name: string): { $ref: string } => ({ $ref: `#/components/${kind}/${name}` });

function queryParameters(query: ZodType, example: unknown, named: Components): Json[] {
  const { properties = {}, required = [] } = jsonSchema(query, named) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  const shown = (example ?? {}) as Json;
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    ...(description !== undefined && { description }),
    ...(required.includes(name) && { required: true }),
    schema,
    ...(name in shown && { example: schema['type'] === 'integer' ? Number(shown[name]) : shown[name] }),
  }));
}

function describeBody(body: ZodType, example: unknown, named: Components): Json {
  const required = !body.safeParse({}).success;
  return { ...(required && { required }), content: content('application/json', jsonSchema(body, named), example) };
}

const content = (type: string, schema: Json, example?: unknown): Json => ({
  [type]: { schema, ...(example !== undefined && { example }) },
});

const headersOf = (...names: (keyof typeof HEADERS)[]): Json =>
  Object.fromEntries(
    (['Request-Id', 'RateLimit', 'RateLimit-Policy', ...names] as const).map((name) => [name, refTo('headers', name)]),
  );

function successes(operation: Named, named: Components): Json {
  const { method, output, status, example } = operation;
  const headers = method === 'POST' ? headersOf('Idempotent-Replayed') : headersOf();
  const schema = jsonSchema(output, named);
  const type = isTable(operation) ? 'text/csv' : 'application/json';
  const success = (text: string, shown: unknown): Json => ({
    description: text,
    headers,
    content: content(type, schema, shown),
  });
  const mayMoveNothing = !isTable(operation) && operation.mayMoveNothing;
  return {
    ...(mayMoveNothing && { 200: success('No money moved. For a dry run, the result it would have.', example.dryRun) }),
    [status]: success(SAID[status] ?? 'Done.', example.output),
  };
}

const SAID: Record<number, string> = { 201: 'Made.', 202: 'Accepted.' };

/** Returns every error that an operation can return, by status. */
function failures(operation: Named, named: Components): Json {
  const codes = errorsOf(operation);
  const statuses = [...new Set(codes.map((code) => ERRORS[code].status))];
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      failure(
        codes.filter((code) => ERRORS[code].status === status),
        named,
      ),
    ]),
  );
}

/** Returns the codes that an operation can return, in the order of the error table. */
function errorsOf({ method, path, input, onBehalf, errors }: Named): ErrorCode[] {
  const own = new Set<ErrorCode>([
    ...EVERY,
    ...errors,
    ...(pathIdsOf(path).length > 0 || onBehalf ? (['not_found'] as const) : []),
    ...(onBehalf ? (['owner_required'] as const) : []),
    ...(method === 'GET' && 'cursor' in (z.toJSONSchema(input, WIRE).properties ?? {})
      ? (['invalid_cursor'] as const)
      : []),
    ...(method === 'GET' ? [] : WRITING),
    ...(method === 'POST' ? RETRIED : []),
  ]);
  return (Object.keys(ERRORS) as ErrorCode[]).filter((code) => own.has(code));
}

const EVERY: ErrorCode[] = [
  'invalid_request',
  'key_in_url',
  'missing_key',
  'invalid_key',
  'member_inactive',
  'not_acceptable',
  'rate_limited',
  'internal',
  'unavailable',
];
const WRITING: ErrorCode[] = ['team_suspended', 'payload_too_large', 'unsupported_media_type'];
const RETRIED: ErrorCode[] = ['idempotency_in_flight', 'idempotency_expired', 'idempotency_mismatch'];

/** Returns the response for several codes of one status, named after them. */
function failure(codes: ErrorCode[], named: Components): Json {
  const name = codes
    .map((code) => code.replace(/(^|_)([a-z])/g, (_, _line, char: string) => char.toUpperCase()))
    .join('Or');
  const { status } = ERRORS[codes[0]!];
  const waits = codes.some((code) => WITH_RETRY_AFTER.has(code));
  named.responses[name] ??= {
    description: codes.map((code) => `\`${code}\`: ${ERRORS[code].title}.`).join('\n'),
    headers: headersOf(
      ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
      ...(waits ? (['Retry-After'] as const) : []),
    ),
    content: content(
      'application/problem+json',
      { allOf: [refTo('schemas', 'Problem'), { type: 'object', properties: { code: { enum: codes } } }] },
      exampleProblem(codes),
    ),
  };
  return refTo('responses', name);
}

const WITH_RETRY_AFTER: ReadonlySet<ErrorCode> = new Set(['idempotency_in_flight', 'rate_limited', 'unavailable']);

/** Returns the JSON schema of a value as it is sent. Named schemas go into the components. */
function jsonSchema(schema: ZodType, named: Components): Json {
  const text = JSON.stringify(z.toJSONSchema(schema, WIRE)).replaceAll('"#/$defs/', '"#/components/schemas/');
  const { $schema: _, $defs = {}, ...json } = JSON.parse(text) as Json & { $defs?: Record<string, Json> };
  for (const [name, definition] of Object.entries($defs)) {
    const known = named.schemas[name];
    if (known && JSON.stringify(known) !== JSON.stringify(definition))
      throw new Error(`Two schemas are named ${name}.`);
    named.schemas[name] = definition;
  }
  return json;
}

// Codecs are described by their input, in responses too, because that is the form that is sent.
const WIRE: Parameters<typeof z.toJSONSchema>[1] = {
  io: 'input',
  override: ({ zodSchema, jsonSchema: json }) => {
    // The format is enough: the pattern of a date-time is a page long.
    if (json.format !== undefined) delete json.pattern;
    // Zod omits these where a schema transforms; ours are written in their wire form.
    const { default: fallback, examples } = z.globalRegistry.get(zodSchema) ?? {};
    Object.assign(json, fallback !== undefined && { default: fallback }, examples && { examples });
  },
};
