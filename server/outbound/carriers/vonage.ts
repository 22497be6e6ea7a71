import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import { formOf, isForCallbackUrl, isSameText, messageIdIn, parseObject, queryOf } from './callback';
import type { CallbackContent, CallbackRequest, Outcome, ReportStatus } from './carrier';
import {
  acceptedOutcome,
  baseUrl,
  callSettings,
  failureOutcome,
  fieldText,
  makeHttpKind,
  validitySeconds,
} from './http-kind';
import { joinOutcomes } from './part-outcomes';

/** Vonage's SMS API: https://developer.vonage.com/en/api/sms */
const settings = z.strictObject({
  ...callSettings,
  baseUrl: baseUrl('https://rest.nexmo.com'),
  apiKey: z.string().min(1).max(100),
  apiSecret: z.string().min(1).max(200),
  /** The account's signature secret and method. Without them, only the unguessable URL authenticates reports. */
  signatureSecret: z.string().min(1).max(200).optional(),
  signatureMethod: z.enum(['md5hash', 'md5', 'sha1', 'sha256', 'sha512']).default('sha256'),
});

type VonageSettings = z.infer<typeof settings>;

/** https://developer.vonage.com/messaging/sms/guides/delivery-receipts */
const STATUSES: Record<string, ReportStatus> = {
  accepted: 'buffered',
  buffered: 'buffered',
  delivered: 'delivered',
  expired: 'failed',
  failed: 'failed',
  rejected: 'failed',
  unknown: 'unknown',
};

/** The statuses of an answer that are not final: https://developer.vonage.com/messaging/sms/guides/troubleshooting-sms */
const ANSWERS: Record<string, 'delayed' | 'unknown'> = {
  1: 'delayed', // throttled
  4: 'delayed', // invalid credentials
  5: 'unknown', // internal error
  8: 'delayed', // account barred
  9: 'delayed', // no credit
  10: 'delayed', // too many binds
  14: 'delayed', // invalid signature
};

const VALIDITY_SECONDS = { min: 20, max: 604_800 };

function readPart(part: unknown): Outcome {
  const { status, ...fields } = (part ?? {}) as Record<string, unknown>;
  const code = fieldText(status) ?? '';
  if (code === '0') return acceptedOutcome([fields['message-id']]);
  const detail = `Vonage answered ${code}: ${fieldText(fields['error-text']) ?? 'no text'}`;
  const outcome = code === '' ? 'unknown' : ANSWERS[code];
  return outcome === undefined ? { outcome: 'refused', code, detail } : { outcome, detail };
}

/**
 * Verifies `sig`: a hash of the sorted fields, in which `&` and `=` are underscores.
 * https://developer.vonage.com/en/getting-started/concepts/signing-messages
 */
function isSigned(fields: Record<string, string>, secret: string, method: VonageSettings['signatureMethod']): boolean {
  const { sig = '', ...rest } = fields;
  const signed = Object.keys(rest)
    .toSorted()
    .map((name) => `&${name}=${rest[name]!.replace(/[&=]/g, '_')}`)
    .join('');
  const expected =
    method === 'md5hash' ? createHash('md5').update(signed + secret) : createHmac(method, secret).update(signed);
  return isSameText(expected.digest('hex'), sig.toLowerCase());
}

/** Returns the fields of a report, which an account's setting sends by GET, as a form, or as JSON. */
function fieldsOf(request: CallbackRequest): Record<string, string> {
  if (request.method === 'GET') return Object.fromEntries(queryOf(request));
  if (!request.headers['content-type']?.includes('json')) return Object.fromEntries(formOf(request));
  const fields = Object.entries(parseObject(request.body.toString('utf8')) ?? {});
  return Object.fromEntries(fields.map(([name, value]) => [name, fieldText(value) ?? '']));
}

function readCallback(request: CallbackRequest, settings: VonageSettings, callbackUrl: string): CallbackContent {
  const fields = fieldsOf(request);
  const { signatureSecret, signatureMethod } = settings;
  const isAuthentic =
    isForCallbackUrl(request, callbackUrl) &&
    (signatureSecret === undefined || isSigned(fields, signatureSecret, signatureMethod));
  if (!isAuthentic) return 'unauthorized';
  const { messageId, status, 'err-code': code, 'client-ref': reference } = fields;
  if (!messageId || !status) return 'malformed';
  const id = messageIdIn(reference);
  return {
    reports: [
      {
        message: id === null ? { ref: messageId } : { id },
        status: STATUSES[status] ?? 'unknown',
        code: code || status,
        detail: status,
        at: null,
      },
    ],
  };
}

/** Vonage's SMS API. It gives each part of a long text an id and a report of its own. */
export const vonage = makeHttpKind<VonageSettings>({
  kind: 'vonage',
  settings,
  secretFields: ['apiSecret', 'signatureSecret'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: true, scheduledSend: false },
  request(message, { baseUrl, apiKey, apiSecret }, callbackUrl) {
    const validity = validitySeconds(message, VALIDITY_SECONDS.min, VALIDITY_SECONDS.max);
    const form = new URLSearchParams({
      api_key: apiKey,
      api_secret: apiSecret,
      to: message.to.replace('+', ''),
      from: message.from.replace('+', ''),
      text: message.body,
      type: message.encoding === 'gsm7' ? 'text' : 'unicode',
      // Reports on several parts are told apart by Vonage's ids, so our id stands alone only for one part.
      'client-ref': message.segments === 1 ? message.id : `${message.id}/${message.segments}`,
      ...(callbackUrl !== null && { callback: callbackUrl }),
      ...(validity !== null && { ttl: String(validity * 1_000) }),
    });
    return {
      method: 'POST',
      url: `${baseUrl}/sms/json`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: form.toString(),
    };
  },
  readAnswer(answer) {
    if (answer.status !== 200) return failureOutcome(answer);
    const parts = parseObject(answer.body)?.['messages'];
    return joinOutcomes(Array.isArray(parts) && parts.length > 0 ? parts.map(readPart) : [readPart(null)]);
  },
  readCallback,
});
