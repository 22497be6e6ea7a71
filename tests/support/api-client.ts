import { afterAll, beforeAll, expect } from 'vitest';
import { ERRORS, type ErrorCode } from '@/server/domain/core/errors';
import { verifyLedger } from '@/server/domain/billing/ledger/read';
import { services } from '@/server/http/services';
import { serveApi, type Api } from './api';
import type { Answer, CallOptions } from './call-api';
import { ownerPool, type TestTeam } from './team';

type Options = Omit<CallOptions, 'key' | 'body'>;

/** Calls the API with one key. */
export type Caller = {
  key: string | null;
  url: string;
  get(path: string, options?: Options): Promise<Answer>;
  post(path: string, body?: unknown, options?: Options): Promise<Answer>;
  put(path: string, body?: unknown, options?: Options): Promise<Answer>;
  patch(path: string, body?: unknown, options?: Options): Promise<Answer>;
  delete(path: string, options?: Options): Promise<Answer>;
  call(method: string, path: string, options?: Omit<CallOptions, 'key'>): Promise<Answer>;
};

/**
 * Serves the API for the tests of one file over real HTTP and returns a caller per key. After the last test the whole
 * ledger must still verify.
 */
export function useApi(): (key: string | null) => Caller {
  let api: Api | undefined;
  beforeAll(async () => {
    api = await serveApi();
  });
  afterAll(async () => {
    await api?.close();
    expect(api?.complaints, 'answers that the document does not describe').toEqual([]);
    const proof = await verifyLedger(services().database.db);
    expect(proof.problems).toEqual([]);
  });
  return (key) => {
    const call: Caller['call'] = (method, path, options) => {
      if (!api) throw new Error('The API is not served yet.');
      return api.call(method, path, { ...options, key });
    };
    return {
      key,
      url: api?.url ?? '',
      call,
      get: (path, options) => call('GET', path, options),
      post: (path, body, options) => call('POST', path, { ...options, body }),
      put: (path, body, options) => call('PUT', path, { ...options, body }),
      patch: (path, body, options) => call('PATCH', path, { ...options, body }),
      delete: (path, options) => call('DELETE', path, options),
    };
  };
}

/** Expects a complete problem with this code and returns its body. */
export function expectProblem(answer: Answer, code: ErrorCode): Answer['body'] {
  expect({ status: answer.status, code: answer.body?.code }, answer.text).toEqual({
    status: ERRORS[code].status,
    code,
  });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).toMatchObject({
    type: `/docs/errors/${code}`,
    title: ERRORS[code].title,
    status: ERRORS[code].status,
    detail: expect.stringMatching(/\S/),
    requestId: answer.headers.get('request-id'),
  });
  return answer.body;
}

/**
 * Returns the parts of an answer that must be equal for callers to see no difference: status, headers and bytes,
 * without the request's id.
 */
export function tellable(answer: Answer): object {
  const { status, headers, text } = answer;
  const fields = [...headers].filter(([name]) => !['request-id', 'date', 'ratelimit', 'content-length'].includes(name));
  return { status, fields, text: text.replace(/"requestId":"req_[0-9a-z]{26}"/, '"requestId":"…"') };
}

/** Returns the balances of a team in micros by account id, to compare when no money may move. */
export async function balancesOf(team: Pick<TestTeam, 'teamId'>): Promise<Record<string, string>> {
  const { rows } = await ownerPool().query<{ id: string; balance: string | null; version: string }>(
    'SELECT id, balance, version FROM ledger_accounts WHERE team_id = $1 ORDER BY id',
    [team.teamId],
  );
  return Object.fromEntries(rows.map((row) => [row.id, `${row.balance} at ${row.version}`]));
}

/** Returns the actions of a team's audit log, oldest first. */
export async function auditOf(team: Pick<TestTeam, 'teamId'>): Promise<AuditRow[]> {
  const { rows } = await ownerPool().query<AuditRow>(
    `SELECT action, target_id AS "targetId", channel, actor_type AS "actorType", actor_name AS "actorName", address, before, after
     FROM audit_events WHERE team_id = $1 ORDER BY id`,
    [team.teamId],
  );
  return rows;
}

export type AuditRow = {
  action: string;
  targetId: string | null;
  channel: string;
  actorType: string;
  actorName: string;
  address: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
};

/**
 * Holds the lock of a team's master account like a slow transaction: every transfer of the team waits until `work` is
 * done.
 */
export async function whileMasterIsHeld<T>(team: Pick<TestTeam, 'teamId'>, work: () => Promise<T>): Promise<T> {
  const client = await ownerPool().connect();
  try {
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM ledger_accounts WHERE team_id = $1 AND id = $1 FOR UPDATE', [team.teamId]);
    return await work();
  } finally {
    await client.query('ROLLBACK');
    client.release();
  }
}

let everyRow: Promise<string> | undefined;

/** Builds one statement over every table with a team, as a query for each table would be a round trip each. */
async function selectEveryRow(): Promise<string> {
  const { rows: tables } = await ownerPool().query<{ name: string }>(
    `SELECT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
     WHERE c.table_schema = 'public' AND c.column_name = 'team_id' AND t.table_type = 'BASE TABLE' AND c.table_name !~ '^messages_[p0-9]' ORDER BY 1`,
  );
  const selects = tables.map(
    ({ name }) =>
      `SELECT '${name}' AS name, ARRAY(SELECT (to_jsonb(t) - '{last_used_at,last_used_address}'::text[])::text FROM ${name} t WHERE t.team_id = $1 ORDER BY 1) AS rows`,
  );
  return selects.join(' UNION ALL ');
}

/** Returns every row of a team in every table, without the last use of its keys, to compare when nothing may change. */
export async function rowsOf(team: Pick<TestTeam, 'teamId'>): Promise<Record<string, string[]>> {
  everyRow ??= selectEveryRow();
  const { rows } = await ownerPool().query<{ name: string; rows: string[] }>(await everyRow, [team.teamId]);
  return Object.fromEntries(rows.map((table) => [table.name, table.rows]));
}
