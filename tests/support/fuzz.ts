import * as fc from 'fast-check';
import type { Random } from '../proof/random';
import { resolve, type DescribedOperation, type Json } from './document';

/** A request in the making. `raw` is the body's text when it differs from the JSON of `body`. */
export type Draft = {
  id: string;
  method: string;
  path: string;
  params: Record<string, string>;
  query: [string, string][];
  /** The end of the URL after the query, unescaped. */
  tail: string;
  headers: Record<string, string>;
  body: unknown;
  raw: Uint8Array | null;
};

/** The keys and ids that a draft can name, valid and invalid. */
export type World = { keys: string[]; badKeys: string[]; ids: Record<string, string[]>; badIds: string[] };

/** Texts that are known to break programs. */
// oxfmt-ignore
const TEXTS = [
  '', ' ', '0', '-1', '1e3', 'all', 'null', 'undefined', 'NaN', 'true', '\0', 'a\0b', '\ud800', 'a\udc00', '\u202eabc', '\ufeff',
  'e\u0301', '\u{1F642}', '\u{1F468}\u200d\u{1F469}', 'ß', 'ﷺ', 'İ', "' OR 1=1 --",
  '$1', '%', '_', '\\', '"', '{"a":1}', '<script>', '${7*7}', '../../etc/passwd', '%00', 'a\r\nb', '\u2028',
  '__proto__', 'constructor', 'x'.repeat(256), 'x'.repeat(1_601), 'ü'.repeat(5_000), 'a@b', 'a@b.c',
  'A@EXAMPLE.TEST', '@', '+', '+1', '+14155550100', '+00000000000', '14155550100', '+' + '9'.repeat(63), 'USD',
  'usd', 'XXX', 'ıst', '2026-02-30', '2026-01-31', '9999-12-31T23:59:59Z', '0000-01-01',
  '2026-01-01T00:00:00+99:99', '10000-01-01', 'member', 'owner', 'OWNER',
];

/** Amounts, most of them invalid. */
// oxfmt-ignore
const AMOUNTS: unknown[] = [
  '-1', '+1', '-0', '0', '0.00', '0.000001', '0.0000001', '00.1', '01', '.5', '5.', '1e3', '1E-7', 'NaN',
  'Infinity', '1,000', '1 000', ' 1', '1\n', '１２', '١', '0x10', '1000000000', '1000000000.01', '999999999.999999',
  '9'.repeat(11), '9'.repeat(400), -1, -0, 0, 0.1, 1.5, 1e21, 1e308, 2 ** 53, 5e-324, '5.00', 1, null, true, [], {},
  'all', 'ALL',
];

// oxfmt-ignore
const NAMES = [
  'colour', '__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'valueOf', '', ' ', '0',
  'length', 'a/b', '~', '~1', '\0', '\ud800', 'Amount', 'amount ', 'id', 'teamId', 'memberId', 'role', 'status',
  'balance', 'currency', 'dryRun', 'then', 'toJSON', 'x'.repeat(1_000),
];

// oxfmt-ignore
const HEADERS: [string, string[]][] = [
  ['Content-Type', [
    'text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'application/jsonx', 'text/json', '', 'é',
    'application/json; charset=utf-16', 'application/vnd.x+json', 'APPLICATION/JSON', 'application/json, text/plain',
  ]],
  ['Idempotency-Key', [
    '', ' ', 'x', 'x'.repeat(255), 'x'.repeat(256), 'é', 'a\tb', 'a, b', '"quoted"', 'again', 'again', 'again', '~!@#$%^&*()',
  ]],
  ['Accept', ['text/csv', 'text/csv;q=0', '*/*;q=0', 'image/png', '', ';;;', 'application/json;q=1.5', 'x'.repeat(2_000)]],
  ['Content-Length', ['0', '-1', 'x', '1e9', '99999999999', '1048577']],
  ['Content-Encoding', ['gzip', 'br', 'identity', 'x']],
  ['X-HTTP-Method-Override', ['DELETE', 'PATCH']],
  ['X-Forwarded-For', ['1.2.3.4', 'x'.repeat(500), '::1']],
  ['If-None-Match', ['*', '"x"']],
  ['Range', ['bytes=0-0', 'bytes=-1']],
  ['Expect', ['100-continue', 'x']],
  ['Cookie', ['a=b; pur_live_x=1']],
  ['Origin', ['null', 'https://evil.example']],
  ['X-Purser-Address', ['', 'x'.repeat(500), '192.0.2.7', "'; --"]],
];

const METHODS = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** Draws values that a schema describes, most of them valid. */
function valuesOf(document: Json, given: Json): fc.Arbitrary<unknown> {
  const schema = resolve(document, given);
  if (schema.const !== undefined) return fc.constant(schema.const);
  if (schema.enum) return fc.constantFrom(...(schema.enum as unknown[]));
  const shown = schema.examples ? [fc.constantFrom(...(schema.examples as unknown[]))] : [];
  const choices: Json[] | undefined = schema.anyOf ?? schema.oneOf;
  if (choices) return fc.oneof(...shown, ...choices.map((one) => valuesOf(document, one)));
  if (Array.isArray(schema.type))
    return fc.oneof(...schema.type.map((type: string) => valuesOf(document, { ...schema, type })));
  return shown.length > 0 ? fc.oneof(...shown, plainValues(document, schema)) : plainValues(document, schema);
}

function plainValues(document: Json, schema: Json): fc.Arbitrary<unknown> {
  switch (schema.type) {
    case 'object': {
      const fields = Object.entries<Json>(schema.properties ?? {}).map(([name, one]) => [
        name,
        valuesOf(document, one),
      ]);
      if (fields.length > 0) return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
      const value = schema.additionalProperties ? valuesOf(document, schema.additionalProperties) : fc.string();
      return fc.dictionary(fc.string({ minLength: 1, maxLength: 40 }), value, { maxKeys: 4 });
    }
    case 'array':
      return fc.array(valuesOf(document, schema.items ?? {}), { minLength: schema.minItems ?? 0, maxLength: 3 });
    case 'integer':
      return fc.integer({ min: schema.minimum ?? -1_000, max: Math.min(schema.maximum ?? 1_000, 1_000) });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return textsOf(schema);
  }
}

function textsOf({ pattern, format, minLength = 0, maxLength = 40 }: Json): fc.Arbitrary<string> {
  if (format === 'email') return fc.emailAddress();
  if (format === 'date-time' || format === 'date') {
    const days = fc.date({ min: new Date('2020-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
    return days.map((day) => day.toISOString().slice(0, format === 'date' ? 10 : undefined));
  }
  if (pattern === undefined) return fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, 40) });
  // fast-check cannot make a pattern with lookahead; the only one is a sender's.
  return /\(\?[=!]/.test(pattern)
    ? fc.constantFrom('Acme', '12345', ' Acme 1 ')
    : fc.stringMatching(new RegExp(pattern));
}

/** Makes broken requests for the operations of a document, the same for the same seed. */
export class Breaker {
  readonly #random: Random;
  readonly #bodies = new Map<string, unknown[]>();
  readonly #queries = new Map<string, Record<string, unknown>[]>();
  readonly #junk: unknown[];
  readonly #operations: [string, DescribedOperation][];

  constructor(document: Json, operations: Map<string, DescribedOperation>, random: Random, seed: number) {
    this.#random = random;
    this.#operations = [...operations];
    const sample = <T>(values: fc.Arbitrary<T>, numRuns: number): T[] => fc.sample(values, { seed, numRuns });
    for (const [id, { described, parameters }] of operations) {
      const body = described.requestBody?.content['application/json'];
      if (body) this.#bodies.set(id, [...sample(valuesOf(document, body.schema), 60), body.example]);
      const query = parameters.filter(({ in: place }) => place === 'query');
      const values = query.map(({ name, schema }): [string, fc.Arbitrary<unknown>] => [
        name,
        valuesOf(document, schema),
      ]);
      this.#queries.set(id, sample(fc.record(Object.fromEntries(values), { requiredKeys: [] }), 40));
    }
    this.#junk = [
      ...TEXTS,
      ...AMOUNTS,
      ...sample(fc.jsonValue({ maxDepth: 3 }), 200),
      ...sample(fc.string({ unit: 'binary' }), 200),
    ];
  }

  /** Returns the next request: a valid one, spoiled in up to three ways. */
  next(world: World): Draft {
    const draft = this.#good(world);
    const flaws = this.#chance(0.08) ? 0 : this.#random.pick([1, 1, 1, 1, 2, 3]);
    for (let i = 0; i < flaws; i += 1) this.#spoil(draft, world);
    return draft;
  }

  #chance(share: number): boolean {
    return this.#random.below(10_000) < share * 10_000;
  }

  #good(world: World): Draft {
    const [id, { method, path, parameters, described }] = this.#random.pick(this.#operations);
    const params = Object.fromEntries(
      parameters
        .filter(({ in: place }) => place === 'path')
        .map(({ name, example }) => [name, this.#id(example, world)]),
    );
    const body = structuredClone(this.#bodies.has(id) ? this.#random.pick(this.#bodies.get(id)!) : undefined) as Json;
    // Hashing a password takes a tenth of a second, on purpose.
    if (body?.password !== undefined && !this.#chance(0.02)) delete body.password;
    if (body?.generatePassword !== undefined && !this.#chance(0.02)) delete body.generatePassword;
    const wanted = this.#chance(0.5) ? Object.entries(this.#random.pick(this.#queries.get(id)!)) : [];
    const query = wanted.flatMap(([name, value]) => [value].flat().map((one): [string, string] => [name, textOf(one)]));
    const headers: Record<string, string> = { Authorization: `Bearer ${this.#random.pick(world.keys)}` };
    if (described.requestBody) headers['Content-Type'] = 'application/json';
    if (method === 'POST' && this.#chance(0.2)) headers['Idempotency-Key'] = `try ${this.#random.below(200)}`;
    return { id, method, path, params, query, tail: '', headers, body, raw: null };
  }

  /** Picks a real id of the same kind as an example's. */
  #id(example: string, world: World): string {
    const real = world.ids[example.split('_')[0]!];
    if (!real) throw new Error(`There is no real id for ${example}.`);
    return this.#random.pick(real);
  }

  #spoil(draft: Draft, world: World): void {
    const { pick } = this.#random;
    const body = () => this.#body(draft);
    const inBody =
      draft.body === undefined
        ? [() => this.#newBody(draft)]
        : [body, body, body, () => this.#amount(draft), () => this.#field(draft), () => this.#bytes(draft)];
    const query = () => this.#query(draft);
    const param = () => this.#param(draft, world);
    const others = [
      () => this.#header(draft),
      () => this.#key(draft, world),
      () => this.#member(draft, world),
      () => (draft.method = pick(METHODS)),
      () => this.#target(draft),
    ];
    const inPath = Object.keys(draft.params).length > 0 ? [param, param] : [];
    pick([...inBody, ...inPath, query, query, ...others])();
  }

  /** Replaces any part of the body. */
  #body(draft: Draft): void {
    const places = placesIn(draft.body);
    const place = this.#random.below(8) === 0 ? undefined : this.#random.pick(places);
    if (!place) draft.body = this.#value();
    else if (this.#chance(0.2)) Reflect.deleteProperty(place.container, place.name);
    else place.container[place.name] = this.#value();
  }

  #amount(draft: Draft): void {
    const places = placesIn(draft.body).filter(({ name }) =>
      /amount|credit|threshold|target|reserve|lowBalance|Seconds/.test(name),
    );
    if (places.length === 0) return this.#body(draft);
    const { container, name } = this.#random.pick(places);
    container[name] = this.#random.pick(AMOUNTS);
  }

  #field(draft: Draft): void {
    const containers = [{ container: { body: draft.body } as Json, name: 'body' }, ...placesIn(draft.body)].map(
      ({ container, name }) => container[name],
    );
    const objects = containers.filter((one) => typeof one === 'object' && one !== null && !Array.isArray(one));
    if (objects.length === 0) return this.#body(draft);
    const name = this.#random.pick(NAMES);
    // An assignment to `__proto__` would create no field.
    Object.defineProperty(this.#random.pick(objects), name, {
      value: this.#value(),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }

  #newBody(draft: Draft): void {
    draft.body = this.#value();
    if (this.#chance(0.7)) draft.headers['Content-Type'] = 'application/json';
  }

  /** Draws any value: mostly junk, sometimes huge or deeply nested. */
  #value(): unknown {
    const { below, pick } = this.#random;
    const rare = below(120);
    if (rare === 0) return 'x'.repeat(below(60_000));
    if (rare === 1) return Object.fromEntries(Array.from({ length: below(2_000) }, (_, i) => [`f${i}`, i]));
    if (rare === 2) return Array.from({ length: below(3_000) }, () => structuredClone(pick(this.#junk)));
    if (rare === 3) return deep(below(60) + 1, this.#chance(0.5));
    return structuredClone(pick(this.#junk));
  }

  /** Spoils the body as text, in ways that no JSON printer produces. */
  #bytes(draft: Draft): void {
    const { below, pick } = this.#random;
    const text = JSON.stringify(draft.body) ?? '';
    const good = Buffer.from(text);
    const at = below(good.length + 1);
    const raw = pick<() => Uint8Array | string>([
      () => good.subarray(0, at),
      () =>
        Buffer.concat([
          good.subarray(0, at),
          Buffer.from([pick([0xff, 0xc3, 0xed, 0x80, 0xfe, 0x00, 0x1b, 0x7b, 0x22])]),
          good.subarray(at),
        ]),
      () => Buffer.concat([good, good]),
      () => Buffer.from(text, 'utf16le'),
      () => `\ufeff${text}`,
      () => `${text},`,
      () => text.replaceAll('"', "'"),
      () => text.replace(/}$/, ',}'),
      () => text.replace(/^\{/, '{/* */'),
      () => text.replace(/^\{/, '{"amount":"1","amount":"2",'),
      () =>
        text.replace(
          /:("[^"]*"|[0-9.]+)/,
          `:${pick(['NaN', 'Infinity', '1e999', '-1e999', '0x10', '01', '1.', '+1', '1e-999', '9'.repeat(5_000), '\\u0000', '"\\ud800"', '"\\u0000"', '"\\x41"', 'undefined'])}`,
        ),
      () => '['.repeat(below(50_000)),
      () => `{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`,
      () =>
        pick([
          '',
          ' ',
          '\n',
          'null',
          '[]',
          '""',
          '0',
          'true',
          '{}',
          '{"":""}',
          '{"__proto__":{"amount":"1"}}',
          '\0',
          '<a/>',
          'a=b',
          '--x',
        ]),
      () => (below(30) === 0 ? text.padEnd(1_048_577) : text.padEnd(20_000)),
    ])();
    draft.raw = typeof raw === 'string' ? Buffer.from(raw) : raw;
  }

  #param(draft: Draft, world: World): void {
    const { pick, below } = this.#random;
    const name = pick(Object.keys(draft.params));
    const own = draft.params[name]!;
    draft.params[name] = pick([
      () => pick(world.badIds),
      () => pick(Object.values(world.ids).flat()),
      () => own.toUpperCase(),
      () => own.slice(0, below(own.length)),
      () => `${own}${pick(['0', ' ', '\0', '/', '.json', '?', '#', ';x=1', '\n'])}`,
      () => own.replace('_', pick(['-', '__', '', '.'])),
      () => own.slice(4),
      () => encodeURIComponent(Buffer.from(own).toString()),
      () => pick(TEXTS),
      () => `mem_8${'z'.repeat(25)}`,
      () => crypto.randomUUID(),
    ])();
  }

  #query(draft: Draft): void {
    const { pick, below } = this.#random;
    const known = Object.keys(this.#queries.get(draft.id)!.reduce((all, one) => ({ ...all, ...one }), {}));
    const name =
      known.length > 0 && below(3) > 0
        ? pick(known)
        : pick([...NAMES, 'limit', 'cursor', 'limit[]', 'memberId', '$where']);
    const value = pick([
      () => pick(TEXTS),
      () => textOf(pick(AMOUNTS)),
      () => pick(['\0', 'a\0b']),
      () => pick(['AAAA', Buffer.alloc(24, below(256)).toString('base64url'), '='.repeat(32), 'x'.repeat(201)]),
      () => pick(['1', '0', '101', '999999999', '9999999999', '-1', '1.5', '0x10', '1e2', '٣']),
      () => pick(['mem_01k9zq3h5xe7t8v2m4n6p8r0sa', 'msg_01k9zq3h5xe7t8v2m4n6p8r0sa', 'MEM_X', 'x'.repeat(3_000)]),
    ])();
    draft.query.push([name, value]);
    if (below(6) === 0) draft.query.push([name, value]);
    if (below(10) === 0)
      draft.tail = pick([
        '%zz',
        '%ED%A0%80=1',
        'limit=%00',
        '&&&',
        '=',
        'limit=%',
        '+=+',
        '%5F%5Fproto%5F%5F=1',
        '#x',
        '?',
      ]);
  }

  #header(draft: Draft): void {
    const [name, values] = this.#random.pick(HEADERS);
    draft.headers[name] = this.#random.pick(values);
    if (name === 'Content-Type' && this.#chance(0.2)) delete draft.headers[name];
  }

  #key(draft: Draft, world: World): void {
    const { pick, below } = this.#random;
    const key = pick(world.keys);
    const at = below(key.length);
    const value = pick([
      () => `Bearer ${pick(world.badKeys)}`,
      () => `bearer   ${key}`,
      () => `Bearer ${key.slice(0, at)}${pick(['0', 'z', '-', 'é'])}${key.slice(at + 1)}`,
      () => `Bearer ${key}, Bearer ${key}`,
      () => `Basic ${Buffer.from(`${key}:`).toString('base64')}`,
      () =>
        pick([
          '',
          'Bearer',
          'Bearer ',
          'Bearer x',
          `Token ${key}`,
          key,
          `Bearer ${'x'.repeat(4_000)}`,
          `Bearer ${key.toLowerCase()}`,
          `Bearer\t${key}`,
        ]),
      () => null,
    ])();
    if (value === null) delete draft.headers['Authorization'];
    else draft.headers['Authorization'] = value;
    if (below(8) === 0)
      draft.query.push([pick(['key', 'apiKey', 'access_token']), pick([key, 'pur_live_x', 'PUR_LIVE_X'])]);
  }

  #member(draft: Draft, world: World): void {
    const { pick } = this.#random;
    const { mem = [] } = world.ids;
    draft.headers['Member'] = pick([
      ...mem,
      ...mem,
      ...world.badIds,
      '',
      ' ',
      'mem_',
      `${mem[0]}, ${mem[0]}`,
      'é',
      mem[0]!.toUpperCase(),
    ]);
  }

  /** Changes the path. */
  #target(draft: Draft): void {
    const { pick } = this.#random;
    draft.path = pick([
      () => `${draft.path}/`,
      () => `${draft.path}//`,
      () => `${draft.path}/${pick(['x', '%00', '%2e%2e', 'null', '%F0%9F%99%82', 'key', '.json'])}`,
      () => draft.path.toUpperCase(),
      () => draft.path.replace(/^\//, pick(['//', '/%2F', '/./', '/x/../', '/%2e/'])),
      () => `${draft.path};x=1`,
      () => pick(['', '/', '/openapi.json', '/v1', '/nowhere', `/${'x'.repeat(4_000)}`, '/members/members']),
    ])();
  }
}

/** Lists every position of a value in JSON, but for the depths that an earlier mutation has added. */
function placesIn(value: unknown, depth = 0): { container: Json; name: string }[] {
  if (typeof value !== 'object' || value === null || depth > 10) return [];
  return Object.entries(value).flatMap(([name, item]) => [
    { container: value as Json, name },
    ...placesIn(item, depth + 1),
  ]);
}

/** Prints a value as a parameter. An object is printed as JSON, as its own `toString` may be the broken part. */
const textOf = (value: unknown): string => (typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined'));

function deep(depth: number, asArray: boolean): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i += 1) value = asArray ? [value] : { a: value };
  return value;
}
