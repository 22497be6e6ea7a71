import { z, type ZodType } from 'zod';
import type { MemberActor } from '@/server/domain/core/actor';
import { auditFilters } from '@/server/domain/teams/audit/schema';
import { makeContext, type Context } from '@/server/domain/core/context';
import { fail, type ErrorCode } from '@/server/domain/core/errors';
import { newRequestId } from '@/server/domain/core/ids';
import { transferFilters } from '@/server/domain/billing/ledger/schema';
import { logFilters } from '@/server/domain/messaging/message-log/schema';
import { exportMembersInput } from '@/server/domain/teams/members/schema';
import { exportUsageInput } from '@/server/domain/messaging/usage/schema';
import { log } from '@/server/log';
import { csvResponse } from './csv';
import type { Rows } from '@/server/operations/operation';
import {
  auditRows,
  namedMessageRows,
  memberPageRows,
  rateRows,
  statisticsRows,
  transferRows,
} from '@/server/operations/csv-columns';
import { toProblemResponse } from './problem';
import { parseQuery } from './query';
import { services } from './services';

type Download = (ctx: Context, request: Request) => Promise<Rows>;

const of =
  <T>(schema: ZodType<T>, print: (ctx: Context, filters: T) => Rows): Download =>
  async (ctx, request) =>
    print(ctx, await parseQuery(schema, request));

/** The downloads of the pages by file name. They take the parameters of their page. */
const DOWNLOADS = {
  audit: of(auditFilters, auditRows),
  members: of(exportMembersInput, memberPageRows),
  messages: of(logFilters, namedMessageRows),
  transfers: of(transferFilters, transferRows),
  rates: of(z.strictObject({}), rateRows),
  usage: of(exportUsageInput, statisticsRows),
} satisfies Record<string, Download>;

export type DownloadName = keyof typeof DOWNLOADS;

/** The signed-in member who downloads, or the reason why there is none. */
export type Membership = { ok: true; actor: MemberActor } | { ok: false; reason: keyof typeof REFUSED };

const REFUSED = {
  'signed-out': 'missing_key',
  none: 'not_found',
  inactive: 'member_inactive',
} as const satisfies Record<string, ErrorCode>;

/** Answers a signed-in browser with a file of everything its page would show. */
export async function download(request: Request, name: DownloadName, membership: Membership): Promise<Response> {
  const requestId = newRequestId();
  const started = performance.now();
  const response = await answer(request, name, membership, requestId).catch((error: unknown) =>
    toProblemResponse(error, requestId),
  );
  log({
    msg: 'request',
    level: response.status >= 500 ? 'error' : 'info',
    id: requestId,
    download: name,
    status: response.status,
    ms: Math.round((performance.now() - started) * 10) / 10,
    team: membership.ok ? membership.actor.teamId : undefined,
    actor: membership.ok ? membership.actor.memberId : undefined,
  });
  response.headers.set('Request-Id', requestId);
  return response;
}

async function answer(
  request: Request,
  name: DownloadName,
  membership: Membership,
  requestId: string,
): Promise<Response> {
  if (!membership.ok)
    fail(REFUSED[membership.reason], membership.reason === 'signed-out' ? { detail: 'Sign in first.' } : {});
  const ctx = makeContext(services(), membership.actor, { requestId });
  return csvResponse(`${name}.csv`, await DOWNLOADS[name](ctx, request), 'spreadsheet');
}
