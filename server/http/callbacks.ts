import { recordComplaint, reportMail } from '@/server/domain/notifications/emails/write';
import { newRequestId } from '@/server/domain/core/ids';
import { env } from '@/server/env';
import { log } from '@/server/log';
import { readResendReport, type ResendReport } from '@/server/outbound/mail/resend';
import { abortedResponse, readBytes, RequestAborted } from './body';
import { problemResponse, toProblemResponse } from './problem';
import { services } from './services';

const REPORT_MAX_BYTES = 256 * 1024;

/**
 * Accepts Resend's delivery reports. Answers 404 if they are not set up and 401 without a valid signature; accepts
 * everything else, including reports on unknown emails, because a retry would change nothing.
 */
export async function answerResend(request: Request): Promise<Response> {
  const requestId = newRequestId();
  const { mail } = env();
  if (mail?.way !== 'resend' || mail.webhookSecret === null) return problemResponse('not_found', { requestId });
  try {
    const body = (await readBytes(request, REPORT_MAX_BYTES)).toString('utf8');
    const report = readSigned(body, request.headers, mail.webhookSecret);
    if (report === 'unsigned') {
      log({ msg: 'callback', level: 'warn', peer: 'resend', id: requestId, status: 401 });
      return problemResponse('invalid_key', {
        requestId,
        detail: 'The signature of the report is invalid or too old.',
      });
    }
    if (report) await take(report);
    log({ msg: 'callback', peer: 'resend', id: requestId, status: 204, state: report?.state ?? 'other' });
    return new Response(null, { status: 204, headers: { 'Cache-Control': 'no-store', 'Request-Id': requestId } });
  } catch (error) {
    if (error instanceof RequestAborted) return abortedResponse({ id: requestId, peer: 'resend' });
    return toProblemResponse(error, requestId);
  }
}

function readSigned(body: string, headers: Headers, secret: string): ResendReport | 'unsigned' | null {
  try {
    return readResendReport(body, headers, secret);
  } catch {
    return 'unsigned';
  }
}

async function take({ state, ...report }: ResendReport): Promise<void> {
  if (state !== 'complained') return reportMail(services(), { ...report, state });
  return recordComplaint(services(), report);
}
