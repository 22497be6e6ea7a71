import { type MemberActor } from '@/server/domain/core/actor';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { expectProblem, tellable, useApi } from './api-client';
import { expect } from 'vitest';
import type { Answer } from './call-api';
import { listOperations, pathWith } from './operations';
import { PATH_IDS, pathIdsOf } from '@/server/operations/operation';
import { callProcedure, sessionOf } from './procedures';

/** A request for either channel: the operation, and the value of each of its places. */
export type Asked = {
  id: string;
  /** The ids in the path, by kind. */
  ids: Record<string, string>;
  body?: object;
  query?: Record<string, string>;
  onBehalfOf?: string;
};

/** The caller: a key, and in tRPC a session of that key's member as it is now, or `actor` as it was. */
export type Who = { key: string | null; actor?: MemberActor | null };

/** The answer of either channel. `tellable` holds everything by which two answers could be distinguished. */
// oxlint-disable-next-line typescript/no-explicit-any -- a test reads any field of an answer
export type Said = { ok: boolean; status: number | null; body: any; tellable: object; answer: Answer | null };

export type Channel = 'API' | 'tRPC';
export const CHANNELS: Channel[] = ['API', 'tRPC'];

/** Opens both channels for the tests of one file: the API over HTTP, tRPC by its caller. */
export function useChannels(): Record<Channel, (who: Who, asked: Asked) => Promise<Said>> & {
  as: ReturnType<typeof useApi>;
} {
  const as = useApi();
  return { as, API: (who, asked) => throughApi(as(who.key), asked), tRPC: throughTrpc };
}

async function throughApi(caller: ReturnType<ReturnType<typeof useApi>>, asked: Asked): Promise<Said> {
  const { method, path } = listOperations().find(({ id }) => id === asked.id)!;
  const query = new URLSearchParams(asked.query).toString();
  const answer = await caller.call(method, `${pathWith(path, asked.ids)}${query && `?${query}`}`, {
    body: method === 'GET' ? undefined : asked.body,
    headers: asked.onBehalfOf === undefined ? {} : { Member: asked.onBehalfOf },
  });
  const { status, body } = answer;
  return { ok: status < 300, status, body, tellable: tellable(answer), answer };
}

async function throughTrpc({ key, actor }: Who, asked: Asked): Promise<Said> {
  const { path } = listOperations().find(({ id }) => id === asked.id)!;
  const ids = pathIdsOf(path).map((name) => [name, asked.ids[PATH_IDS[name]]]);
  const input = {
    ...asked.body,
    ...asked.query,
    ...(Object.fromEntries(ids) as object),
    ...(asked.onBehalfOf !== undefined && { onBehalfOf: asked.onBehalfOf }),
  };
  const { data, problem } = await callProcedure(
    actor === undefined && key ? await sessionOf(key) : (actor ?? null),
    asked.id,
    input,
  );
  const body: unknown = problem ?? data;
  return {
    ok: problem === null,
    status: problem?.status ?? null,
    body,
    tellable: problem ? { ...problem, requestId: '…' } : { data },
    answer: null,
  };
}

/** Expects a refusal with this code, in the error shape of its channel. */
export function expectRefusal(said: Said, code: ErrorCode): void {
  if (said.answer) return void expectProblem(said.answer, code);
  const { title, status } = ERRORS[code];
  expect(said.body).toMatchObject({
    type: `/docs/errors/${code}`,
    title,
    status,
    detail: expect.stringMatching(/\S/),
    code,
    requestId: expect.stringMatching(/^req_/),
  });
}
