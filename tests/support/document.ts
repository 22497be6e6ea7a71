import addFormats from 'ajv-formats';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { openApiDocument } from '@/server/http/openapi';

// oxlint-disable-next-line typescript/no-explicit-any -- a document of any shape is walked
export type Json = any;

export type DescribedOperation = { method: string; path: string; parameters: Json[]; described: Json };

/** Returns a part of a document, or the target of its `$ref`. */
export const resolve = (document: Json, part: Json): Json =>
  part?.$ref === undefined
    ? part
    : (part.$ref as string)
        .slice(2)
        .split('/')
        .reduce((at, step) => at?.[step.replaceAll('~1', '/').replaceAll('~0', '~')], document);

/** Returns a document's operations by their ids, with the parameters of their paths. */
export function operationsOf(document: Json): Map<string, DescribedOperation> {
  const entries = Object.entries(document.paths as Record<string, Json>).flatMap(
    ([path, { parameters = [], ...item }]) =>
      Object.entries(item as Record<string, Json>).map(([method, described]): [string, DescribedOperation] => [
        described.operationId,
        {
          method: method.toUpperCase(),
          path,
          parameters: [...parameters, ...(described.parameters ?? [])].map((one) => resolve(document, one)),
          described,
        },
      ]),
  );
  return new Map(entries);
}

/** Lists every dangling `$ref` of a document. */
export function danglingRefs(document: Json): string[] {
  const found: string[] = [];
  const visit = (part: Json): void => {
    if (typeof part !== 'object' || part === null) return;
    if (typeof part.$ref === 'string' && resolve(document, part) === undefined) found.push(part.$ref);
    for (const item of Object.values(part)) visit(item);
  };
  visit(document);
  return found;
}

/**
 * Forbids undocumented properties in every object of a schema. The parts of an `allOf` are unchanged, as each of them
 * validates the whole object.
 */
function closed(part: Json, inAllOf = false): Json {
  if (Array.isArray(part)) return part.map((item) => closed(item, inAllOf));
  if (typeof part !== 'object' || part === null) return part;
  const copy = Object.fromEntries(Object.entries(part).map(([name, item]) => [name, closed(item, name === 'allOf')]));
  const isObject = copy['type'] === 'object' && copy['properties'] && !inAllOf;
  return isObject && copy['additionalProperties'] === undefined ? { ...copy, additionalProperties: false } : copy;
}

/** Checks requests and answers against a document: an undocumented status, field or code is a complaint. */
export class DocumentCheck {
  readonly operations: Map<string, DescribedOperation>;
  readonly document: Json;
  readonly #ajv: Ajv2020;
  readonly #byPath: Map<string, DescribedOperation>;
  readonly #compiled = new WeakMap<object, ValidateFunction>();

  constructor(document: Json) {
    this.document = closed(document);
    this.#ajv = new Ajv2020({ allErrors: true, allowUnionTypes: true, strictTypes: false });
    // `ajv-formats` has a default export for CommonJS only.
    (addFormats as unknown as { default: typeof addFormats.default }).default(this.#ajv);
    this.#ajv.addVocabulary(['components']);
    this.operations = operationsOf(this.document);
    this.#byPath = new Map([...this.operations.values()].map((one) => [`${one.method} ${one.path}`, one]));
  }

  /** Lists the faults of a value by a schema of the document. */
  complaints(schema: Json, value: unknown): string[] {
    let validate = this.#compiled.get(schema);
    if (!validate) {
      validate = this.#ajv.compile({ ...schema, components: { schemas: this.document.components.schemas } });
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return [];
    return validate.errors!.map(
      ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
    );
  }

  get schemas(): Json {
    return this.document.components.schemas;
  }

  /** Lists the faults of a body as an operation's request. */
  bodyComplaints(id: string, body: unknown): string[] {
    const content = this.operations.get(id)!.described.requestBody?.content['application/json'];
    return content ? this.complaints(content.schema, body) : [];
  }

  response(operation: DescribedOperation, status: number): Json {
    return resolve(this.document, operation.described.responses[status]);
  }

  /**
   * Lists the faults of an answer to a request of this method at this path. A path that is not in the document is not
   * checked.
   */
  answerComplaints(method: string, path: string, answer: { status: number; headers: Headers; text: string }): string[] {
    if (answer.status === 405) return [];
    const operation = this.#byPath.get(`${method} ${path}`);
    if (!operation) return [];
    const said = `${method} ${path} answered ${answer.status}`;
    const response = this.response(operation, answer.status);
    if (!response) return [`${said}, which its document has not: ${answer.text}`];
    const type = (answer.headers.get('content-type') ?? '').split(';', 1)[0]!;
    const content = response.content[type];
    if (!content) return [`${said} as ${type}, which its document has not`];
    const missing = ['Request-Id', 'RateLimit', 'RateLimit-Policy', ...(WITH_FIELD[answer.status] ?? [])].filter(
      (name) => !answer.headers.has(name) || !(name in response.headers),
    );
    const wrong = type.endsWith('json') ? this.complaints(content.schema, JSON.parse(answer.text)) : [];
    return [
      ...missing.map((name) => `${said} without ${name}`),
      ...wrong.map((one) => `${said}: ${one}: ${answer.text}`),
    ];
  }
}

const WITH_FIELD: Record<number, string[]> = { 401: ['WWW-Authenticate'], 429: ['Retry-After'], 503: ['Retry-After'] };

let made: DocumentCheck | undefined;

/** Returns the document of the operations that are loaded now. */
export const ownDocument = (): DocumentCheck =>
  (made ??= new DocumentCheck(JSON.parse(JSON.stringify(openApiDocument()))));
