import { takeReports } from '@/server/domain/messaging/hand-over/write';
import { recordComplaint, reportMail } from '@/server/domain/notifications/emails/write';
import { newRequestId } from '@/server/domain/core/ids';
import { env } from '@/server/env';
import { log } from '@/server/log';
import { readResendReport, type ResendReport } from '@/server/outbound/mail/resend';
import { callbackPath } from '@/server/outbound/carriers/callback-url';
import { isSameText } from '@/server/outbound/carriers/callback';
import { readCarrierCallback } from '@/server/outbound/carriers/registry';
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

const CALLBACK_MAX_BYTES = 256 * 1024;

/**
 * Accepts a carrier's delivery reports. Answers 404 for a wrong path, so that it says nothing about which carriers exist,
 * and 401 without a valid signature.
 */
export async function answerCarrier(request: Request): Promise<Response> {
  const requestId = newRequestId();
  const url = new URL(request.url);
  const { carriers, secret, appUrl } = env();
  const name = Object.keys(carriers).find((one) => isSameText(callbackPath(secret, one), url.pathname));
  if (name === undefined) return problemResponse('not_found', { requestId });
  const line = { msg: 'callback', peer: name, id: requestId };
  try {
    const body = await readBytes(request, CALLBACK_MAX_BYTES);
    const headers = Object.fromEntries(request.headers);
    const received = { method: request.method, url: `${url.pathname}${url.search}`, headers, body };
    const { kind, settings } = carriers[name]!;
    const content = readCarrierCallback(kind, settings, received, `${appUrl}${callbackPath(secret, name)}`);
    if (content === 'unauthorized' || content === 'malformed') {
      log({ ...line, level: 'warn', status: content === 'malformed' ? 400 : 401 });
      const detail =
        content === 'malformed' ? 'This is not a delivery report.' : 'The signature is invalid or too old.';
      return problemResponse(content === 'malformed' ? 'invalid_request' : 'invalid_key', { requestId, detail });
    }
    await takeReports(services(), name, content.reports);
    log({ ...line, status: 200, reports: content.reports.length });
    const { answer } = content;
    const fields = { 'Cache-Control': 'no-store', 'Request-Id': requestId };
    if (!answer) return new Response(null, { status: 200, headers: fields });
    return new Response(answer.body, {
      status: answer.status,
      headers: { ...fields, 'Content-Type': answer.contentType },
    });
  } catch (error) {
    if (error instanceof RequestAborted) return abortedResponse({ id: requestId, peer: name });
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
