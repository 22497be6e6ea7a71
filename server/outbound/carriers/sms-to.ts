import { z } from 'zod';
import { formOf, isForCallbackUrl, messageIdIn, parseObject, queryOf } from './callback';
import type { CallbackContent, CallbackRequest, ReportStatus } from './carrier';
import {
  acceptedOutcome,
  baseUrl,
  callSettings,
  failureOutcome,
  fieldText,
  makeHttpKind,
  withMessageId,
} from './http-kind';

/** SMS.to: https://docs.sms.to/api/ */
const settings = z.strictObject({
  ...callSettings,
  baseUrl: baseUrl('https://api.sms.to'),
  apiKey: z.string().min(1).max(1_000),
});

type SmsToSettings = z.infer<typeof settings>;

/** The support page shows only `SENT`; the others are the words of its message log. */
const STATUSES: Record<string, ReportStatus> = {
  QUEUED: 'buffered',
  ONGOING: 'buffered',
  SENT: 'buffered',
  DELIVERED: 'delivered',
  UNDELIVERED: 'failed',
  FAILED: 'failed',
  REJECTED: 'failed',
  EXPIRED: 'failed',
};

/**
 * Reads a status callback, which is a form. SMS.to signs nothing, so only the unguessable URL authenticates it.
 * https://support.sms.to/support/solutions/articles/43000615065-outbound-message-status-callbacks-webhooks
 */
function readCallback(request: CallbackRequest, _: SmsToSettings, callbackUrl: string): CallbackContent {
  if (!isForCallbackUrl(request, callbackUrl)) return 'unauthorized';
  const form = formOf(request);
  const [ref, status] = [form.get('messageId'), form.get('status')?.toUpperCase()];
  if (!ref || !status) return 'malformed';
  const id = messageIdIn(queryOf(request).get('id'));
  const message = id === null ? { ref } : { id };
  return { reports: [{ message, status: STATUSES[status] ?? 'unknown', code: status, detail: null, at: null }] };
}

/** SMS.to's single messages. */
export const smsTo = makeHttpKind<SmsToSettings>({
  kind: 'sms-to',
  settings,
  secretFields: ['apiKey'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: false, scheduledSend: false },
  request(message, { baseUrl, apiKey }, callbackUrl) {
    return {
      method: 'POST',
      url: `${baseUrl}/sms/send`,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        message: message.body,
        to: message.to,
        sender_id: message.from,
        ...(callbackUrl !== null && { callback_url: withMessageId(callbackUrl, message.id) }),
      }),
    };
  },
  readAnswer(answer) {
    const body = parseObject(answer.body);
    const text = fieldText(body?.['message']);
    if (answer.status >= 200 && answer.status < 300) {
      if (body?.['success'] === false)
        return { outcome: 'refused', code: 'rejected', detail: text ?? 'SMS.to refused it.' };
      return acceptedOutcome([body?.['message_id']]);
    }
    return failureOutcome(answer, { text });
  },
  readCallback,
});
