import { createHmac } from 'node:crypto';
import { z } from 'zod';
import { formOf, isSameText, messageIdIn, parseObject, queryOf } from './callback';
import type { CallbackContent, CallbackRequest, ReportStatus } from './carrier';
import {
  acceptedOutcome,
  baseUrl,
  callSettings,
  failureOutcome,
  fieldText,
  makeHttpKind,
  validitySeconds,
  withMessageId,
} from './http-kind';

/** Twilio: https://www.twilio.com/docs/messaging/api/message-resource */
const settings = z.strictObject({
  ...callSettings,
  baseUrl: baseUrl('https://api.twilio.com'),
  accountSid: z.string().regex(/^AC[0-9a-f]{32}$/),
  /** Signs in, and verifies callbacks. */
  authToken: z.string().min(1).max(100),
  /** Sends by a Messaging Service, which chooses the sender. */
  messagingServiceSid: z
    .string()
    .regex(/^MG[0-9a-f]{32}$/)
    .optional(),
});

type TwilioSettings = z.infer<typeof settings>;

/** https://www.twilio.com/docs/messaging/api/message-resource#message-status-values */
const STATUSES: Record<string, ReportStatus> = {
  accepted: 'buffered',
  scheduled: 'buffered',
  queued: 'buffered',
  sending: 'buffered',
  sent: 'buffered',
  delivered: 'delivered',
  read: 'delivered',
  undelivered: 'failed',
  failed: 'failed',
  canceled: 'failed',
};

const VALIDITY_MAX_SECONDS = 36_000;

/**
 * Verifies `X-Twilio-Signature`: HMAC-SHA1 of the full URL and the sorted fields, with the auth token.
 * https://www.twilio.com/docs/usage/security#validating-requests
 */
function isSigned(request: CallbackRequest, { authToken }: TwilioSettings, callbackUrl: string): boolean {
  // Behind a proxy, the request's own host is not the one that Twilio called and signed.
  const [, query] = /^[^?]*\?(.*)$/s.exec(request.url) ?? [];
  const url = query === undefined ? callbackUrl : `${callbackUrl}?${query}`;
  const fields = [...formOf(request)].toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const signed = url + fields.map(([name, value]) => name + value).join('');
  const expected = createHmac('sha1', authToken).update(signed).digest('base64');
  return isSameText(expected, request.headers['x-twilio-signature'] ?? '');
}

function readCallback(request: CallbackRequest, settings: TwilioSettings, callbackUrl: string): CallbackContent {
  if (!isSigned(request, settings, callbackUrl)) return 'unauthorized';
  const form = formOf(request);
  const [sid, status] = [form.get('MessageSid'), form.get('MessageStatus')];
  if (!sid || !status) return 'malformed';
  const id = messageIdIn(queryOf(request).get('id'));
  const code = form.get('ErrorCode');
  return {
    reports: [
      {
        message: id === null ? { ref: sid } : { id },
        status: STATUSES[status] ?? 'unknown',
        code: code || status,
        detail: form.get('ErrorMessage'),
        at: null,
      },
    ],
  };
}

/** Twilio's Messages resource. */
export const twilio = makeHttpKind<TwilioSettings>({
  kind: 'twilio',
  settings,
  secretFields: ['authToken'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: true, scheduledSend: false },
  request(message, { baseUrl, accountSid, authToken, messagingServiceSid }, callbackUrl) {
    const validity = validitySeconds(message, 1, VALIDITY_MAX_SECONDS);
    const form = new URLSearchParams({
      To: message.to,
      ...(messagingServiceSid === undefined ? { From: message.from } : { MessagingServiceSid: messagingServiceSid }),
      Body: message.body,
      ...(callbackUrl !== null && { StatusCallback: withMessageId(callbackUrl, message.id) }),
      ...(validity !== null && { ValidityPeriod: String(validity) }),
    });
    return {
      method: 'POST',
      url: `${baseUrl}/2010-04-01/Accounts/${accountSid}/Messages.json`,
      headers: {
        authorization: `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`,
        'content-type': 'application/x-www-form-urlencoded',
      },
      body: form.toString(),
    };
  },
  readAnswer(answer) {
    const body = parseObject(answer.body);
    if (answer.status === 201 || answer.status === 200) return acceptedOutcome([body?.['sid']]);
    return failureOutcome(answer, { code: fieldText(body?.['code']), text: fieldText(body?.['message']) });
  },
  readCallback,
});
