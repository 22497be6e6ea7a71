import { z, type ZodType } from 'zod';
import type { SeatActor } from '@/server/domain/core/actor';
import { auditFilters } from '@/server/domain/teams/audit/schema';
import { makeCtx, type Ctx } from '@/server/domain/core/context';
import { fail, type ErrorCode } from '@/server/domain/core/errors';
import { newRequestId } from '@/server/domain/core/ids';
import { transferFilters } from '@/server/domain/billing/ledger/schema';
import { logFilters } from '@/server/domain/messaging/message-log/schema';
import { seatExportInput } from '@/server/domain/teams/members/schema';
import { exportUsageInput } from '@/server/domain/messaging/usage/schema';
import { log } from '@/server/log';
import { csvResponse } from './csv';
import { printAudit, printLog, printMembers, printRates, printStatistics, printTransfers } from './csv-columns';
import { refusalOf } from './problem';
import { parseQuery } from './query';
import { services } from './services';

type Download = (ctx: Ctx, request: Request) => Promise<AsyncIterable<string>>;

const of =
  <T>(schema: ZodType<T>, print: (ctx: Ctx, filters: T) => AsyncIterable<string>): Download =>
  async (ctx, request) =>
    print(ctx, await parseQuery(schema, request));

/** What the pages offer as a file, by its name. The parameters are those of the page. */
const DOWNLOADS = {
  audit: of(auditFilters, printAudit),
  members: of(seatExportInput, printMembers),
  messages: of(logFilters, printLog),
  transfers: of(transferFilters, printTransfers),
  rates: of(z.strictObject({}), printRates),
  usage: of(exportUsageInput, printStatistics),
} satisfies Record<string, Download>;

export type DownloadName = keyof typeof DOWNLOADS;

/** The seat from which somebody signed in asks, or why there is none. */
export type Seated = { ok: true; actor: SeatActor } | { ok: false; reason: keyof typeof REFUSED };

const REFUSED = {
  'signed-out': 'missing_key',
  none: 'not_found',
  inactive: 'member_inactive',
} as const satisfies Record<string, ErrorCode>;

/** Answers a signed-in browser with a file: all that its page would show, page after page. */
export async function download(request: Request, name: DownloadName, seated: Seated): Promise<Response> {
  const requestId = newRequestId();
  const started = performance.now();
  const response = await answer(request, name, seated, requestId).catch((error: unknown) =>
    refusalOf(error, requestId),
  );
  log({
    msg: 'request',
    level: response.status >= 500 ? 'error' : 'info',
    id: requestId,
    download: name,
    status: response.status,
    ms: Math.round((performance.now() - started) * 10) / 10,
    team: seated.ok ? seated.actor.teamId : undefined,
    actor: seated.ok ? seated.actor.memberId : undefined,
  });
  response.headers.set('Request-Id', requestId);
  return response;
}

async function answer(request: Request, name: DownloadName, seated: Seated, requestId: string): Promise<Response> {
  if (!seated.ok) fail(REFUSED[seated.reason], seated.reason === 'signed-out' ? { detail: 'Sign in first.' } : {});
  const ctx = makeCtx(services(), seated.actor, { requestId });
  return csvResponse(`${name}.csv`, await DOWNLOADS[name](ctx, request), 'spreadsheet');
}
