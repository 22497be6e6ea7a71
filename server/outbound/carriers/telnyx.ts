import { createPublicKey, verify } from 'node:crypto';
import { z } from 'zod';
import { isRecent, messageIdIn, parseObject } from './callback';
import type { CallbackContent, CallbackRequest, ReportStatus } from './carrier';
import { acceptedOutcome, baseUrl, callSettings, failureOutcome, fieldText, makeHttpKind, valueAt } from './http-kind';

/** Telnyx: https://developers.telnyx.com/docs/messaging/messages/send-message */
const settings = z.strictObject({
  ...callSettings,
  baseUrl: baseUrl('https://api.telnyx.com'),
  apiKey: z.string().min(1).max(200),
  /** The account's public key, 32 bytes in base64, which verifies callbacks. */
  publicKey: z.base64().length(44),
  /** The profile that alphanumeric senders need. */
  messagingProfileId: z.uuid().optional(),
});

type TelnyxSettings = z.infer<typeof settings>;

/** https://developers.telnyx.com/docs/messaging/messages/receiving-webhooks */
const STATUSES: Record<string, ReportStatus> = {
  queued: 'buffered',
  sending: 'buffered',
  sent: 'buffered',
  delivered: 'delivered',
  sending_failed: 'failed',
  delivery_failed: 'failed',
  expired: 'failed',
  delivery_unconfirmed: 'unknown',
};

/** The beginning of a public key in DER, before the 32 bytes of an Ed25519 key (RFC 8410, section 4). */
const ED25519_SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Verifies `telnyx-signature-ed25519` over the timestamp and the body.
 * https://developers.telnyx.com/docs/development/api-fundamentals/webhooks
 */
function isSigned({ headers, body }: CallbackRequest, publicKey: string): boolean {
  const timestamp = headers['telnyx-timestamp'];
  if (!isRecent(timestamp)) return false;
  const der = Buffer.concat([ED25519_SPKI, Buffer.from(publicKey, 'base64')]);
  const signature = Buffer.from(headers['telnyx-signature-ed25519'] ?? '', 'base64');
  const signed = Buffer.concat([Buffer.from(`${timestamp}|`), body]);
  return verify(null, signed, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature);
}

function readCallback(request: CallbackRequest, { publicKey }: TelnyxSettings): CallbackContent {
  if (!isSigned(request, publicKey)) return 'unauthorized';
  const event = valueAt(parseObject(request.body.toString('utf8')), 'data');
  const type = valueAt(event, 'event_type');
  if (typeof type !== 'string') return 'malformed';
  // Events on messages from phones come to the same URL.
  if (type !== 'message.sent' && type !== 'message.finalized') return { reports: [] };
  const payload = valueAt(event, 'payload');
  const [ref, status] = [valueAt(payload, 'id'), valueAt(payload, 'to', 0, 'status')];
  if (typeof ref !== 'string' || typeof status !== 'string') return 'malformed';
  const id = messageIdIn(valueAt(payload, 'tags', 0));
  const error = valueAt(payload, 'errors', 0);
  const at = new Date(fieldText(valueAt(event, 'occurred_at')) ?? '');
  return {
    reports: [
      {
        message: id === null ? { ref } : { id },
        status: STATUSES[status] ?? 'unknown',
        code: fieldText(valueAt(error, 'code')) ?? status,
        detail: fieldText(valueAt(error, 'title')) ?? null,
        at: Number.isNaN(at.getTime()) ? null : at,
      },
    ],
  };
}

/** Telnyx's messages. Our id is the first tag, which comes back signed in each event. */
export const telnyx = makeHttpKind<TelnyxSettings>({
  kind: 'telnyx',
  settings,
  secretFields: ['apiKey'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: false, scheduledSend: false },
  request(message, { baseUrl, apiKey, messagingProfileId }, callbackUrl) {
    return {
      method: 'POST',
      url: `${baseUrl}/v2/messages`,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        from: message.from,
        to: message.to,
        text: message.body,
        type: 'SMS',
        tags: [message.id],
        ...(messagingProfileId !== undefined && { messaging_profile_id: messagingProfileId }),
        ...(callbackUrl !== null && { webhook_url: callbackUrl, use_profile_webhooks: false }),
      }),
    };
  },
  readAnswer(answer) {
    const body = parseObject(answer.body);
    if (answer.status >= 200 && answer.status < 300) return acceptedOutcome([valueAt(body, 'data', 'id')]);
    const error = valueAt(body, 'errors', 0);
    const text = fieldText(valueAt(error, 'detail')) ?? fieldText(valueAt(error, 'title'));
    return failureOutcome(answer, { code: fieldText(valueAt(error, 'code')), text });
  },
  readCallback,
});
