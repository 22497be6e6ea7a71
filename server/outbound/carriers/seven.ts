import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { isForCallbackUrl, isRecent, isSameText, messageIdIn, parseObject } from './callback';
import type { CallbackContent, CallbackRequest, ReportStatus } from './carrier';
import {
  acceptedOutcome,
  baseUrl,
  callSettings,
  failureOutcome,
  fieldText,
  makeHttpKind,
  validitySeconds,
  valueAt,
} from './http-kind';

/** seven.io: https://docs.seven.io/en/rest-api/endpoints/sms */
const settings = z.strictObject({
  ...callSettings,
  baseUrl: baseUrl('https://gateway.seven.io'),
  apiKey: z.string().min(1).max(200),
  /** The API key's signing secret. Without it, only the unguessable URL authenticates reports. */
  signingSecret: z.string().min(1).max(200).optional(),
});

type SevenSettings = z.infer<typeof settings>;

/** https://github.com/seven-io/js-client/blob/master/docs/enums/StatusReportCode.html */
const STATUSES: Record<string, ReportStatus> = {
  TRANSMITTED: 'buffered',
  ACCEPTED: 'buffered',
  BUFFERED: 'buffered',
  DELIVERED: 'delivered',
  NOTDELIVERED: 'failed',
  EXPIRED: 'failed',
  REJECTED: 'failed',
  FAILED: 'failed',
  UNKNOWN: 'unknown',
};

/**
 * The codes of an answer that are not final; `100` is success.
 * https://github.com/seven-io/js-client/blob/master/src/lib/ErrorCode.ts
 */
const ANSWERS: Record<string, { outcome: 'delayed' | 'unknown'; text: string; retryAfterMs?: number }> = {
  300: { outcome: 'delayed', text: 'no credentials' },
  402: { outcome: 'delayed', text: 'the same text for this number just now', retryAfterMs: 180_000 },
  500: { outcome: 'delayed', text: 'too little credit' },
  700: { outcome: 'unknown', text: 'unknown error' },
  900: { outcome: 'delayed', text: 'wrong API key' },
  902: { outcome: 'delayed', text: 'API deactivated for this account' },
  903: { outcome: 'delayed', text: 'this server’s address is not allowed' },
};

const VALIDITY_MAX_SECONDS = 2 * 86_400;

/**
 * Verifies `X-Signature`: HMAC-SHA256 of time, nonce, method, URL and the body's MD5, a line each. seven.io's own client
 * does the same: https://github.com/seven-io/js-client/blob/master/src/lib/WebhookVerifier.ts
 */
function isSigned({ method, headers, body }: CallbackRequest, secret: string, callbackUrl: string): boolean {
  const { 'x-timestamp': timestamp, 'x-nonce': nonce = '', 'x-signature': signature = '' } = headers;
  if (!isRecent(timestamp)) return false;
  const hash = createHash('md5').update(body).digest('hex');
  const signed = [timestamp, nonce, method.toUpperCase(), callbackUrl, hash].join('\n');
  return isSameText(createHmac('sha256', secret).update(signed).digest('hex'), signature.toLowerCase());
}

function readCallback(request: CallbackRequest, settings: SevenSettings, callbackUrl: string): CallbackContent {
  const { signingSecret } = settings;
  const isAuthentic =
    isForCallbackUrl(request, callbackUrl) &&
    (signingSecret === undefined || isSigned(request, signingSecret, callbackUrl));
  if (!isAuthentic) return 'unauthorized';
  const event = parseObject(request.body.toString('utf8'));
  if (typeof event?.['webhook_event'] !== 'string') return 'malformed';
  if (event['webhook_event'] !== 'dlr') return { reports: [] };
  const [ref, status] = [fieldText(valueAt(event, 'data', 'msg_id')), fieldText(valueAt(event, 'data', 'status'))];
  if (ref === null || status === null) return 'malformed';
  const id = messageIdIn(valueAt(event, 'data', 'foreign_id'));
  const message = id === null ? { ref } : { id };
  return { reports: [{ message, status: STATUSES[status] ?? 'unknown', code: status, detail: null, at: null }] };
}

/** seven.io's SMS. Its reports come to the webhook `dlr` that the account names, not to one of each message. */
export const seven = makeHttpKind<SevenSettings>({
  kind: 'seven',
  settings,
  secretFields: ['apiKey', 'signingSecret'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: true, scheduledSend: false },
  request(message, { baseUrl, apiKey }) {
    const validity = validitySeconds(message, 60, VALIDITY_MAX_SECONDS);
    return {
      method: 'POST',
      url: `${baseUrl}/api/sms`,
      headers: { 'x-api-key': apiKey, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({
        to: message.to,
        from: message.from,
        text: message.body,
        foreign_id: message.id,
        ...(validity !== null && { ttl: Math.floor(validity / 60) }),
      }),
    };
  },
  readAnswer(answer) {
    const body = parseObject(answer.body);
    // Some errors are the bare code, without JSON.
    const code = fieldText(body?.['success']) ?? /^\s*"?(\d{3})"?\s*$/.exec(answer.body)?.[1] ?? null;
    if (answer.status === 429 || answer.status >= 500) return failureOutcome(answer, { code });
    const first = valueAt(body, 'messages', 0);
    if (code === '100' && valueAt(first, 'success') !== false) return acceptedOutcome([valueAt(first, 'id')]);
    const own = fieldText(valueAt(first, 'error')) ?? code;
    if (own === null)
      return answer.status >= 400 ? failureOutcome(answer) : { outcome: 'unknown', detail: 'seven.io gave no code.' };
    const known = ANSWERS[own];
    const text = fieldText(valueAt(first, 'error_text')) ?? known?.text;
    const detail = `seven.io answered ${own}${text === undefined ? '.' : `: ${text}`}`;
    if (!known) return { outcome: 'refused', code: own, detail };
    const { outcome, retryAfterMs } = known;
    return { outcome, detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
  },
  readCallback,
});
