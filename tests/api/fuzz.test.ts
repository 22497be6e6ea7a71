import { beforeAll, describe, expect, it, vi } from 'vitest';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { newUuid7, printId, type IdPrefix } from '@/server/domain/core/ids';
import { makeKey } from '@/server/domain/teams/api-keys/rules';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { services } from '@/server/http/services';
import { beginProof, PROOF_TIMEOUT_MS, SIZE } from '../proof/size';
import { placeAt } from '@/server/http/api-router';
import { publicPath } from '@/server/http/openapi';
import type { Handlers } from '@/server/http/route';
import { ownDocument, type DocumentCheck, type Json } from '../support/document';
import { Breaker, type Draft, type World } from '../support/fuzz';
import { addMember, makeTeam, someAddress, type TestTeam } from '../support/team';

// The requests are broken, not the passwords: real hashing, two at a time, would take most of the time.
vi.mock('@node-rs/argon2', () => ({
  hash: () => Promise.resolve('$argon2id$none'),
  verify: () => Promise.resolve(false),
}));

const COUNT = SIZE.fuzzRequests;

/** The number of requests to one team before the next team is made, as they delete members and rotate keys. */
const PER_TEAM = 5_000;
const MEMBERS = 40;
const AT_ONCE = 12;
const HANG_MS = 10_000;

let check: DocumentCheck;
beforeAll(async () => {
  check = ownDocument();
});

/** A draft with its request of the Fetch API, which normalises parts of it, and with the bytes as sent. */
type Sent = { draft: Draft; request: Request; bytes: Uint8Array | null };

function build(draft: Draft): Sent {
  const encoded = (text: string): string => encodeURIComponent(Buffer.from(text).toString());
  const path = Object.entries(draft.params).reduce(
    (text, [name, value]) => text.replace(`{${name}}`, () => encoded(value)),
    draft.path,
  );
  const query = [new URLSearchParams(draft.query).toString(), draft.tail].filter((part) => part !== '').join('&');
  const bytes = ['GET', 'HEAD'].includes(draft.method) ? null : bytesOf(draft);
  // Node's server passes on the bytes of a header field, each as one character.
  const fields = Object.entries(draft.headers).filter(([, value]) => !/[\0\r\n]/.test(value));
  const headers = new Headers(
    fields.map(([name, value]): [string, string] => [name, Buffer.from(value).toString('latin1')]),
  );
  const url = `http://localhost/api/v1${path}${query ? `?${query}` : ''}`;
  const request = new Request(url, {
    method: draft.method,
    headers,
    body: bytes && Buffer.from(bytes),
    duplex: 'half',
  } as RequestInit);
  // The Fetch API adds a content type to a body that it builds; none was sent.
  if (!headers.has('content-type')) request.headers.delete('content-type');
  return { draft, request, bytes };
}

function bytesOf({ body, raw }: Draft): Uint8Array | null {
  if (raw) return raw;
  return body === undefined ? null : Buffer.from(JSON.stringify(body) ?? '');
}

function handle(request: Request): Promise<Response> {
  const { handlers, params } = placeAt(new URL(request.url).pathname);
  return handlers[request.method as keyof Handlers](request, { params: Promise.resolve(params) });
}

type Answered = { status: number; headers: Headers; text: string; path: string };

async function send({ request }: Sent): Promise<Answered> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => (timer = setTimeout(() => reject(new Error('It hangs.')), HANG_MS)));
  try {
    const response = await Promise.race([handle(request), late]);
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      text,
      path: publicPath(placeAt(new URL(request.url).pathname).path ?? ''),
    };
  } finally {
    clearTimeout(timer);
  }
}

/** Lists the faults of an answer that no request may cause. */
function wrongWith(sent: Sent, answered: Answered, world: World): string[] {
  const { status, headers, text, path } = answered;
  const { method } = sent.request;
  const wrong = [
    ...(status === 0 || status >= 500 ? [`It is a ${status}.`] : []),
    ...(/^req_[0-9a-hjkmnp-tv-z]{26}$/.test(headers.get('request-id') ?? '') ? [] : ['It has no Request-Id.']),
    ...(headers.has('ratelimit') && headers.has('ratelimit-policy') ? [] : ['It has no RateLimit.']),
  ];
  if (method === 'HEAD' || status === 204) return text === '' ? wrong : [...wrong, 'It has a body.'];
  if (status >= 400) wrong.push(...wrongProblem(sent, answered));
  else if (path !== '/openapi.json')
    wrong.push(...unearned(sent, path, world).map((why) => `It succeeds, though ${why}.`));
  return [...wrong, ...check.answerComplaints(method, path, { status, headers, text })];
}

function wrongProblem({ bytes, request }: Sent, { status, headers, text }: Answered): string[] {
  if (headers.get('content-type') !== 'application/problem+json') return [`It is ${headers.get('content-type')}.`];
  const problem = JSON.parse(text);
  const known = ERRORS[problem.code as ErrorCode];
  const json = problem.errors ? (readJson(bytes) ?? {}) : {};
  return [
    ...check.complaints(check.schemas['Problem'], problem),
    ...(known?.status === status && problem.status === status ? [] : [`${problem.code} is no ${status}.`]),
    ...(problem.requestId === headers.get('request-id') ? [] : ['Its requestId is another.']),
    ...(problem.errors ?? []).flatMap(({ pointer }: { pointer: string }) =>
      pointsAtSomething(pointer, json, new URL(request.url)) ? [] : [`It points at ${JSON.stringify(pointer)}.`],
    ),
  ];
}

/**
 * Returns true for a JSON pointer to a part of the body (or to a missing one) and for the name of a parameter or field.
 */
function pointsAtSomething(pointer: string, json: Json, url: URL): boolean {
  if (pointer === '' || pointer === 'Member' || pointer === 'Idempotency-Key') return true;
  if (!pointer.startsWith('/')) return url.searchParams.has(pointer) || url.searchParams.has(pointer.split('/')[0]!);
  if (/~(?![01])/.test(pointer)) return false;
  let at = json;
  const parts = pointer
    .slice(1)
    .split('/')
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'));
  for (const part of parts.slice(0, -1)) {
    if (typeof at !== 'object' || at === null || !Object.hasOwn(at, part)) return false;
    at = at[part];
  }
  return typeof at === 'object' && at !== null;
}

function readJson(bytes: Uint8Array | null): Json {
  if (!bytes || bytes.length === 0) return {};
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

/** Lists the reasons, by the document and the known state, for which a request must not have succeeded. */
function unearned({ request, bytes, draft }: Sent, path: string, world: World): string[] {
  const { method, headers } = request;
  const url = new URL(request.url);
  const operation = [...check.operations.values()].find((one) => one.path === path && one.method === method);
  if (!operation) return ['there is no such operation'];
  const id: string = operation.described.operationId;
  const key = /^Bearer +(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1];
  const json = readJson(bytes);
  const type = headers.get('content-type') ?? '';
  const member = headers.get('member');
  const retry = headers.get('idempotency-key');
  const takesMember = operation.parameters.some(({ name }) => name === 'Member');
  const body = operation.described.requestBody
    ? [json, tidied(json)].map((one) => check.bodyComplaints(id, one)).toSorted((a, b) => a.length - b.length)[0]!
    : Object.keys(json ?? { no: 'json' }).map((name) => `it has a ${name}`);
  return [
    ...(key && world.keys.includes(key) ? [] : ['its key is none']),
    ...(/pur_live_/i.test(request.url) ? ['a key stands in its URL'] : []),
    ...Object.values(path === draft.path ? draft.params : {})
      .filter((value) => !Object.values(world.ids).flat().includes(value))
      .map((value) => `there is no ${value}`),
    ...[...new Set(url.searchParams.keys())].flatMap((name) =>
      badParameter(operation.parameters, name, url.searchParams.getAll(name)),
    ),
    ...(method === 'GET' || !bytes?.length || /^application\/([\w.+-]+\+)?json *(;|$)/i.test(type)
      ? []
      : [`its body is ${type}`]),
    ...(method === 'GET' ? [] : body),
    ...((bytes?.length ?? 0) > 1_048_576 && !/batch|estimate|rates/.test(path) ? ['its body is too large'] : []),
    ...(member === null || (takesMember && world.ids['mem']!.includes(member)) ? [] : ['its Member field is none']),
    ...(method !== 'POST' || retry === null || /^[ -~]{1,255}$/.test(retry) ? [] : ['its Idempotency-Key is none']),
  ];
}

function badParameter(parameters: Json[], name: string, values: string[]): string[] {
  const described = parameters.find((one) => one.in === 'query' && one.name === name);
  if (!described) return [`there is no parameter ${name}`];
  if (values.some((value) => value.includes('\0'))) return [`${name} holds a NUL`];
  const { schema } = described;
  const value =
    schema.type === 'integer' ? values.map((one) => (/^[0-9]{1,9}$/.test(one) ? Number(one) : one)) : values;
  return check.complaints(schema, value.length === 1 ? value[0] : value).map((why) => `${name} ${why}`);
}

/** Trims texts as they are stored: the space around a name or an address is dropped. */
function tidied(value: Json): Json {
  if (typeof value === 'string') return value.trim().normalize('NFKC').toLowerCase();
  if (Array.isArray(value)) return value.map(tidied);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, name === 'metadata' ? item : tidied(item)]),
  );
}

/** Creates a team with members of every status, whose ids and keys the requests name. */
async function inhabit(other: TestTeam): Promise<World> {
  const team = await makeTeam();
  const members = [];
  for (let i = 0; i < MEMBERS; i += 1) {
    members.push(
      await addMember(team, { credit: '20', ...(i % 2 === 0 && { recharge: { threshold: '19.995', target: '30' } }) }),
    );
  }
  const [inactive, deleted] = [await addMember(team), await addMember(team)];
  const theirs = await addMember(other);
  const call = async (key: string, method: string, path: string, body?: object): Promise<Json> => {
    const headers = { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' };
    const request = new Request(`http://localhost/api/v1${path}`, {
      method,
      headers,
      body: body && JSON.stringify(body),
    });
    return (await handle(request)).json();
  };
  const messages = [];
  for (const { key } of members.slice(0, 10))
    messages.push(await call(key, 'POST', '/messages', { to: '+14155550100', from: 'A', body: 'Hi' }));
  const transfers = (await call(team.ownerKey, 'GET', '/transfers?limit=40')).data;
  const invited = [];
  for (let i = 0; i < MEMBERS; i += 1)
    invited.push(await call(team.ownerKey, 'POST', '/invitations', { email: someAddress() }));
  await call(team.ownerKey, 'POST', `/members/${inactive.mem}/deactivate`);
  await call(team.ownerKey, 'DELETE', `/members/${deleted.mem}`);
  const idOf = ({ id }: { id: string }) => id;
  const never = (['mem', 'msg', 'trf', 'key', 'inv', 'usr'] as IdPrefix[]).map((prefix) => printId(prefix, newUuid7()));
  return {
    keys: [...members.flatMap(({ key }) => [key, team.ownerKey]), inactive.key],
    badKeys: [deleted.key, makeKey(), `${team.ownerKey}x`, team.ownerKey.slice(1)],
    ids: {
      mem: [...members.map(({ mem }) => mem), inactive.mem, deleted.mem],
      msg: messages.map(idOf),
      trf: transfers.map(idOf),
      key: members.map(({ member }) => printId('key', member.apiKey!.id)),
      inv: invited.map(idOf),
    },
    badIds: [...never, theirs.mem, printId('mem', team.ownerId).toUpperCase(), team.id],
  };
}

/** Prints a request so that it can be sent again. */
function shown({ draft, request, bytes }: Sent): string {
  const body = bytes ? Buffer.from(bytes).toString('latin1') : null;
  const cut = body !== null && body.length > 2_000 ? `${body.slice(0, 2_000)}… (${body.length} bytes)` : body;
  return JSON.stringify(
    { method: request.method, url: request.url, headers: [...request.headers], body: cut, operation: draft.id },
    null,
    1,
  );
}

describe('S11: broken requests', () => {
  it(
    `${COUNT} of them, made from the document, are each answered in our shape, and the ledger proves itself`,
    async () => {
      const { seed, random, report } = beginProof('S11 fuzz');
      const breaker = new Breaker(check.document, check.operations, random, seed);
      const other = await makeTeam({ fund: '0' });
      const counts: Record<string, number> = {};
      const faults: string[] = [];
      let slowest = 0;
      for (let left = COUNT; left > 0 && faults.length === 0; left -= PER_TEAM) {
        const world = await inhabit(other);
        const queue = Array.from({ length: Math.min(left, PER_TEAM) }, () => breaker.next(world));
        const client = async () => {
          for (let draft = queue.pop(); draft && faults.length < 5; draft = queue.pop()) {
            const sent = build(draft);
            const start = performance.now();
            const answered = await send(sent).catch((error: Error) => ({
              status: 0,
              headers: new Headers(),
              text: String(error.stack),
              path: '',
            }));
            slowest = Math.max(slowest, performance.now() - start);
            const outcome =
              answered.status >= 400 && sent.request.method !== 'HEAD'
                ? String(JSON.parse(answered.text).code)
                : String(answered.status);
            counts[outcome] = (counts[outcome] ?? 0) + 1;
            const wrong = wrongWith(sent, answered, world);
            if (wrong.length > 0)
              faults.push(`${wrong.join('\n')}\n${shown(sent)}\n${answered.status} ${answered.text.slice(0, 2_000)}`);
          }
        };
        await Promise.all(Array.from({ length: AT_ONCE }, client));
      }
      const sorted = Object.fromEntries(Object.entries(counts).toSorted(([, a], [, b]) => b - a));
      console.log('S11 fuzz', JSON.stringify(sorted));
      report(`${COUNT} broken requests, the slowest took ${slowest.toFixed(0)} ms`);
      expect(faults, `PROOF_SEED=${seed}\n${faults.join('\n\n')}`).toEqual([]);
      expect(Object.values(counts).reduce((sum, n) => sum + n, 0)).toBe(COUNT);
      expect((await verifyLedger(services().database.db)).problems).toEqual([]);
    },
    PROOF_TIMEOUT_MS,
  );
});
