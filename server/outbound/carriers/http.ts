import { createHmac } from 'node:crypto';
import { z } from 'zod';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import { formOf, isForCallbackUrl, isSameText, messageIdIn, parseObject, queryOf } from './callback';
import type { CallbackContent, CallbackRequest } from './carrier';
import {
  acceptedOutcome,
  callSettings,
  failureOutcome,
  fieldText,
  makeHttpKind,
  validitySeconds,
  valueAt,
  withMessageId,
} from './http-kind';

/** A path into JSON, such as `messages.0.id`. */
const path = z.string().regex(/^[\w-]+(\.[\w-]+){0,9}$/);

const reportStatus = z.enum(['buffered', 'delivered', 'failed', 'unknown']);

/** Any provider that takes a message in one request; docs/carriers.md explains each setting. */
const settings = z.strictObject({
  ...callSettings,
  method: z.enum(['GET', 'POST']).default('POST'),
  url: z.url({ protocol: /^https?$/ }).max(1_000),
  /** Headers, which often hold the credentials, so they are sealed. */
  headers: z.record(z.string().regex(/^[\w-]{1,100}$/), z.string().max(2_000)).default({}),
  format: z.enum(['json', 'form']).default('json'),
  /** The fields of the body. Placeholders in texts, such as `{{to}}`, are replaced. */
  body: z.record(z.string().max(100), z.json()).default({}),
  /** The place of the provider's id in its answer. Without it, the status alone says that the message was accepted. */
  idPath: path.optional(),
  /** A field whose value says that the message was accepted, for providers that answer 200 to everything. */
  success: z.strictObject({ path, values: z.array(z.string().max(100)).min(1).max(20) }).optional(),
  errorCodePath: path.optional(),
  errorTextPath: path.optional(),
  /** The codes after which the message can be accepted later. */
  delayedCodes: z.array(z.string().max(100)).max(100).default([]),
  report: z
    .strictObject({
      format: z.enum(['json', 'form', 'query']),
      refPath: path.optional(),
      statusPath: path,
      codePath: path.optional(),
      statuses: z.record(z.string().max(100), reportStatus),
      /** The header with the HMAC of the body. Without it, only the unguessable URL authenticates reports. */
      signature: z
        .strictObject({
          header: z.string().regex(/^[a-z\d-]{1,100}$/),
          algorithm: z.enum(['sha1', 'sha256', 'sha512']),
          encoding: z.enum(['hex', 'base64']),
          prefix: z.string().max(20).default(''),
        })
        .optional(),
    })
    .optional(),
  signatureSecret: z.string().min(1).max(500).optional(),
});

type HttpSettings = z.infer<typeof settings>;

const VALIDITY_MAX_SECONDS = 7 * 86_400;

/** Returns the values of the placeholders. */
function placeholders(message: OutgoingMessage, callbackUrl: string | null): Record<string, string> {
  return {
    id: message.id,
    to: message.to,
    toDigits: message.to.replace('+', ''),
    from: message.from,
    body: message.body,
    encoding: message.encoding,
    isUnicode: message.encoding === 'ucs2' ? '1' : '0',
    segments: String(message.segments),
    callbackUrl: callbackUrl === null ? '' : withMessageId(callbackUrl, message.id),
    validitySeconds: String(validitySeconds(message, 1, VALIDITY_MAX_SECONDS) ?? VALIDITY_MAX_SECONDS),
  };
}

const fillText = (text: string, values: Record<string, string>): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => (Object.hasOwn(values, name) ? values[name]! : whole));

/** Fills every text of a JSON value. The value is built before it is printed, so that no text can break out of it. */
function fillJson(value: z.core.util.JSONType, values: Record<string, string>): unknown {
  if (typeof value === 'string') return fillText(value, values);
  if (Array.isArray(value)) return value.map((one) => fillJson(one, values));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fillJson(one, values)]));
}

const at = (value: unknown, path: string | undefined): unknown =>
  path === undefined ? undefined : valueAt(value, ...path.split('.'));

function readCallback(request: CallbackRequest, settings: HttpSettings, callbackUrl: string): CallbackContent {
  const { report, signatureSecret } = settings;
  if (!report || !isForCallbackUrl(request, callbackUrl)) return 'unauthorized';
  if (report.signature) {
    const { header, algorithm, encoding, prefix } = report.signature;
    if (signatureSecret === undefined) return 'unauthorized';
    const expected = prefix + createHmac(algorithm, signatureSecret).update(request.body).digest(encoding);
    if (!isSameText(expected, request.headers[header] ?? '')) return 'unauthorized';
  }
  const content = {
    json: () => parseObject(request.body.toString('utf8')),
    form: () => Object.fromEntries(formOf(request)),
    query: () => Object.fromEntries(queryOf(request)),
  }[report.format]();
  const status = fieldText(at(content, report.statusPath));
  const ref = fieldText(at(content, report.refPath));
  const id = messageIdIn(queryOf(request).get('id'));
  const message = id === null ? (ref === null ? null : { ref }) : { id };
  if (message === null || status === null) return 'malformed';
  const known = Object.hasOwn(report.statuses, status) ? report.statuses[status] : undefined;
  const code = fieldText(at(content, report.codePath)) ?? status;
  return { reports: [{ message, status: known ?? 'unknown', code, detail: status, at: null }] };
}

/** The generic form: a provider by configuration alone. */
export const http = makeHttpKind<HttpSettings>({
  kind: 'http',
  settings,
  secretFields: ['headers', 'signatureSecret'],
  capabilities: { alphanumericSender: true, unicode: true, concatenation: true, validity: true, scheduledSend: false },
  request(message, { method, url, headers, format, body }, callbackUrl) {
    const values = placeholders(message, callbackUrl);
    const encoded = Object.fromEntries(
      Object.entries(values).map(([name, value]) => [name, encodeURIComponent(value)]),
    );
    const call = { method, url: fillText(url, encoded), headers };
    if (method === 'GET') return call;
    const filled = Object.entries(body).map(([name, value]): [string, unknown] => [name, fillJson(value, values)]);
    if (format === 'json') {
      const text = JSON.stringify(Object.fromEntries(filled));
      return { ...call, headers: { 'content-type': 'application/json', ...headers }, body: text };
    }
    const form = new URLSearchParams(filled.map(([name, value]) => [name, fieldText(value) ?? JSON.stringify(value)]));
    return {
      ...call,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      body: form.toString(),
    };
  },
  readAnswer(answer, { idPath, success, errorCodePath, errorTextPath, delayedCodes }) {
    const body = parseObject(answer.body);
    const code = fieldText(at(body, errorCodePath));
    const text = fieldText(at(body, errorTextPath));
    const detail = text ?? `The provider answered ${code ?? answer.status}.`;
    if (code !== null && delayedCodes.includes(code)) return { outcome: 'delayed', detail };
    if (answer.status < 200 || answer.status >= 300) return failureOutcome(answer, { code, text });
    if (success) {
      const field = at(body, success.path);
      // An answer without the field is not the provider's, so the message may have been taken.
      if (field === undefined) return { outcome: 'unknown', detail: 'The answer has no field that says success.' };
      const value = typeof field === 'boolean' ? String(field) : (fieldText(field) ?? '');
      if (!success.values.includes(value)) return { outcome: 'refused', code: code ?? value, detail };
    }
    return idPath === undefined ? { outcome: 'accepted', refs: [] } : acceptedOutcome([at(body, idPath)]);
  },
  readCallback,
});
