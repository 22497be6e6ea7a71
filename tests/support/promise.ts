import { operationsOf, resolve, type DescribedOperation, type Json } from './document';

/** The direction of a value: a request must still be accepted, a reply must still be understood. */
type Way = 'request' | 'reply';

type Sides = { before: Json; after: Json };

/**
 * Lists what a client written for the document `before` would miss in `after`, one sentence each. Additions break
 * nothing: an operation, an optional field or parameter, a field of an answer, a value.
 */
export function brokenPromises(before: Json, after: Json): string[] {
  const documents = { before, after };
  const now = operationsOf(after);
  const byPlace = new Map([...now.values()].map((one) => [placeOf(one), one]));
  const base = before.servers[0].url;
  const moved = after.servers[0].url === base ? [] : [`The API is no longer at ${base}.`];
  const broken = [...operationsOf(before)].flatMap(([id, operation]) => {
    const place = placeOf(operation);
    const successor = byPlace.get(place);
    if (!successor) return [`${place} is gone.`];
    const renamed = successor.described.operationId === id ? [] : [`${place} is no longer called ${id}.`];
    return [
      ...renamed,
      ...compareParameters(documents, operation, successor),
      ...compareBodies(documents, operation, successor),
      ...compareAnswers(documents, operation, successor),
    ].map((sentence) => (sentence.startsWith(place) ? sentence : `${place}: ${sentence}`));
  });
  return [...moved, ...broken];
}

const placeOf = ({ method, path }: DescribedOperation): string => `${method} ${path}`;

function compareParameters(documents: Sides, before: DescribedOperation, after: DescribedOperation): string[] {
  const same = (a: Json) => (b: Json) => a.in === b.in && a.name === b.name;
  const lost = before.parameters.flatMap((old) => {
    const found = after.parameters.find(same(old));
    if (!found) return [`the ${old.in} parameter ${old.name} is gone.`];
    const now = found.required && !old.required ? [`the ${old.in} parameter ${old.name} is now required.`] : [];
    return [...now, ...compare(documents, old.schema, found.schema, 'request', `the parameter ${old.name}`)];
  });
  const asked = after.parameters.filter((one) => one.required && !before.parameters.some(same(one)));
  return [...lost, ...asked.map((one) => `the new ${one.in} parameter ${one.name} is required.`)];
}

function compareBodies(documents: Sides, before: DescribedOperation, after: DescribedOperation): string[] {
  const [old, now] = [before.described.requestBody, after.described.requestBody];
  if (!old) return now?.required ? ['a body is now required.'] : [];
  if (!now) return ['no body is taken any more.'];
  return [
    ...(now.required && !old.required ? ['a body is now required.'] : []),
    ...compareContents(documents, old.content, now.content, 'request', 'the body'),
  ];
}

function compareContents(documents: Sides, before: Json, after: Json, way: Way, what: string): string[] {
  return Object.entries<Json>(before).flatMap(([type, { schema }]) =>
    after[type] ? compare(documents, schema, after[type].schema, way, what) : [`${what} is no longer ${type}.`],
  );
}

function compareAnswers(documents: Sides, before: DescribedOperation, after: DescribedOperation): string[] {
  return Object.entries<Json>(before.described.responses).flatMap(([status, given]) => {
    const old = resolve(documents.before, given);
    const now = resolve(documents.after, after.described.responses[status]);
    if (!now) return [`the status ${status} is gone.`];
    const fields = Object.keys(old.headers ?? {}).filter((name) => !(name in (now.headers ?? {})));
    return [
      ...fields.map((name) => `the header field ${name} of ${status} is gone.`),
      ...compareContents(documents, old.content ?? {}, now.content ?? {}, 'reply', `the answer ${status}`),
    ];
  });
}

/** Compares two schemas; `what` names the place they stand for. */
function compare(documents: Sides, before: Json, after: Json, way: Way, what: string): string[] {
  const [old, now] = [alternatives(documents.before, before), alternatives(documents.after, after)];
  // Every form of a request must still be accepted; every form of an answer must have existed before.
  const [each, among] = way === 'request' ? [old, now] : [now, old];
  return each.flatMap((one) => {
    const attempts = among
      .filter((other) => other.type === one.type || other.type === undefined || one.type === undefined)
      .map((other) =>
        way === 'request' ? compareOne(documents, one, other, way, what) : compareOne(documents, other, one, way, what),
      );
    if (attempts.length === 0)
      return [`${what} ${way === 'request' ? 'may no longer be' : 'may now be'} ${nameOf(one)}.`];
    return attempts.toSorted((a, b) => a.length - b.length)[0]!;
  });
}

const nameOf = (schema: Json): string => schema.type ?? JSON.stringify(schema.enum ?? schema);

/** Returns a schema as its alternatives, each of one type, with the parts of an `allOf` merged. */
function alternatives(document: Json, given: Json): Json[] {
  if (given.$ref !== undefined) return alternatives(document, resolve(document, given));
  const { anyOf, oneOf = anyOf, allOf, ...rest } = given;
  if (oneOf) return oneOf.flatMap((one: Json) => alternatives(document, { ...rest, ...resolve(document, one) }));
  if (allOf) return [merge([rest, ...allOf.flatMap((one: Json) => alternatives(document, one))])];
  if (rest.const !== undefined) return [{ type: typeof rest.const, ...rest, enum: [rest.const] }];
  if (!Array.isArray(rest.type)) return [rest];
  return rest.type.map((type: string) => ({ ...rest, type }));
}

const merge = (parts: Json[]): Json =>
  Object.assign({}, ...parts, {
    properties: Object.assign({}, ...parts.map(({ properties }) => properties)),
    required: parts.flatMap(({ required = [] }) => required),
  });

function compareOne(documents: Sides, before: Json, after: Json, way: Way, what: string): string[] {
  return [
    ...compareValues(before, after, way, what),
    ...compareBounds(before, after, way, what),
    ...compareFields(documents, before, after, way, what),
    ...(before.items && after.items ? compare(documents, before.items, after.items, way, `an item of ${what}`) : []),
  ];
}

function compareValues(before: Json, after: Json, way: Way, what: string): string[] {
  const gone = (before.enum ?? []).filter((value: unknown) => after.enum && !after.enum.includes(value));
  const listed = !before.enum && after.enum && way === 'request' ? [`${what} is now one of ${after.enum}.`] : [];
  const otherwise = way === 'request' && before.default !== after.default ? [`the default of ${what} is another.`] : [];
  const forms = ['format', 'pattern'].filter((form) => before[form] !== after[form]);
  return [
    ...listed,
    ...otherwise,
    ...gone.map((value: string) => `the value ${value} of ${what} is gone.`),
    ...forms
      // A new format of an answer, or a dropped one of a request, breaks no client.
      .filter((form) => (way === 'request' ? after[form] !== undefined : before[form] !== undefined))
      .map((form) => `the ${form} of ${what} is another.`),
  ];
}

const LOWER = ['minLength', 'minimum', 'minItems', 'minProperties'];
const UPPER = ['maxLength', 'maximum', 'maxItems', 'maxProperties'];

function compareBounds(before: Json, after: Json, way: Way, what: string): string[] {
  if (way === 'reply') return [];
  const tighter = [
    ...LOWER.filter((bound) => (after[bound] ?? -Infinity) > (before[bound] ?? -Infinity)),
    ...UPPER.filter((bound) => (after[bound] ?? Infinity) < (before[bound] ?? Infinity)),
  ];
  return tighter.map((bound) => `the ${bound} of ${what} is tighter.`);
}

function compareFields(documents: Sides, before: Json, after: Json, way: Way, what: string): string[] {
  const [old, now] = [before.properties ?? {}, after.properties ?? {}];
  const [must, mustNow] = [before.required ?? [], after.required ?? []];
  const fields = Object.keys(old).flatMap((name) =>
    name in now
      ? compare(documents, old[name], now[name], way, `${name} of ${what}`)
      : [`the field ${name} of ${what} is gone.`],
  );
  const [asked, missed] = [
    mustNow.filter((name: string) => !must.includes(name)),
    must.filter((name: string) => name in now && !mustNow.includes(name)),
  ];
  const others = [before.additionalProperties, after.additionalProperties];
  return [
    ...fields,
    ...(way === 'request' ? asked.map((name: string) => `the field ${name} of ${what} is now required.`) : []),
    ...(way === 'reply' ? missed.map((name: string) => `the field ${name} of ${what} may now be missing.`) : []),
    ...(others.every((schema) => typeof schema === 'object')
      ? compare(documents, others[0], others[1], way, `a value of ${what}`)
      : []),
    ...(way === 'request' && others[1] === false && others[0] !== false && before.type === 'object'
      ? [`${what} may no longer hold other fields.`]
      : []),
  ];
}
