import { z } from 'zod';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import { isForCallbackUrl, messageIdIn, queryOf } from './callback';
import type {
  CallbackContent,
  CallbackRequest,
  Capabilities,
  Carrier,
  CarrierEnv,
  CarrierKind,
  DeliveryReport,
  Outcome,
  ReportStatus,
  Submitted,
} from './carrier';
import { callCarrier, CallHealth, mapLimited, type HttpAnswer } from './http-call';
import { concatenationHeader, isCutByLength, splitText } from './parts';
import { joinOutcomes } from './part-outcomes';
import { parseReceipt } from './receipt-text';

/** A user of `sendsms` at a Kannel smsbox: https://www.kannel.org/download/1.4.5/userguide-1.4.5/userguide.html */
const settings = z.strictObject({
  /** The URL of `sendsms`, such as `http://127.0.0.1:13013/cgi-bin/sendsms`. */
  url: z.url({ protocol: /^https?$/ }).max(500),
  username: z.string().min(1).max(100),
  password: z.string().min(1).max(200),
  /** The `smsc-id` to use; Kannel chooses if absent. */
  smsc: z.string().max(100).optional(),
  /** The `max-messages` of the user. Kannel silently drops the rest of a longer text, so longer texts are sent in parts. */
  maxMessages: z.int().min(1).max(255).default(10),
  /** Requests reports of each step (4 and 8), not only of the final one. */
  everyStep: z.boolean().default(false),
  concurrency: z.int().min(1).max(100).default(10),
  timeoutMs: z.int().min(100).max(60_000).default(10_000),
});

type KannelSettings = z.infer<typeof settings>;

const capabilities: Capabilities = {
  alphanumericSender: true,
  unicode: true,
  concatenation: true,
  validity: true,
  scheduledSend: false,
};

/** The reports that are requested: delivered (1), failed (2), rejected by the SMSC (16); each step adds 4 and 8. */
const DLR_MASK = { final: 1 + 2 + 16, everyStep: 1 + 2 + 4 + 8 + 16 };

/** The values of `%d` in a report: the user guide's table of delivery reports. */
const REPORT_STATUSES: Record<string, ReportStatus> = {
  1: 'delivered',
  2: 'failed',
  4: 'buffered',
  8: 'buffered',
  16: 'failed',
};

/**
 * The answers of `sendsms`, by status and beginning of the text: gw/smsbox.c of Kannel 1.4.5. A wrong password or an
 * unknown path is for the operator to fix, and no message is lost meanwhile.
 */
const ANSWERS: { status: number; text?: RegExp; outcome: Outcome['outcome']; code?: string }[] = [
  { status: 202, text: /^0: /, outcome: 'accepted' },
  { status: 200, text: /^0: /, outcome: 'accepted' },
  { status: 202, text: /^3: /, outcome: 'accepted' },
  { status: 403, text: /^Authorization failed/, outcome: 'delayed' },
  { status: 401, outcome: 'delayed' },
  { status: 404, outcome: 'delayed' },
  { status: 403, text: /^Not routable/, outcome: 'refused', code: 'not_routable' },
  { status: 403, outcome: 'refused', code: 'forbidden' },
  { status: 400, text: /denied by white- and\/or black-lists/, outcome: 'refused', code: 'recipient_denied' },
  { status: 400, text: /receiver number/, outcome: 'refused', code: 'invalid_recipient' },
  { status: 400, text: /^Sender missing/, outcome: 'refused', code: 'invalid_sender' },
  { status: 400, outcome: 'refused', code: 'invalid_request' },
  { status: 429, outcome: 'delayed' },
  { status: 503, text: /^Temporal failure/, outcome: 'delayed' },
];

/** Reads an answer of `sendsms`. Anything that the table does not list may have been sent, so it is unknown. */
function readAnswer({ status, body, retryAfterMs }: HttpAnswer): Outcome {
  const known = ANSWERS.find((one) => one.status === status && (one.text?.test(body) ?? true));
  const detail = `Kannel answered ${status}: ${body.trim().slice(0, 200)}`;
  switch (known?.outcome) {
    case 'accepted':
      return { outcome: 'accepted', refs: [] };
    case 'refused':
      return { outcome: 'refused', code: known.code ?? String(status), detail };
    case 'delayed':
      return { outcome: 'delayed', detail, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    case 'unknown':
    case undefined:
      return { outcome: 'unknown', detail };
  }
}

/** Percent-encodes every octet, as a binary parameter needs. */
const encodeOctets = (octets: Buffer): string =>
  Array.from(octets, (o) => `%${o.toString(16).padStart(2, '0')}`).join('');

/** Returns the URL that Kannel fetches for a report. Kannel replaces the escapes, so their percent signs stay. */
function reportUrl(callbackUrl: string, id: string, part: number | null): string {
  const query = [`id=${id}`, ...(part === null ? [] : [`part=${part}`]), 'status=%d', 'reply=%A', 'ref=%F'].join('&');
  return `${callbackUrl}${callbackUrl.includes('?') ? '&' : '?'}${query}`;
}

/** One request of a message: the whole text, or a part with its header. */
type Piece = { text: string; part: number | null; header: Buffer | null };

/**
 * Returns the requests for a message. Kannel cuts a long text itself, and accepts or refuses it as a whole, but it cuts
 * UCS-2 by length: where that would split a surrogate pair, or where the text is too long for it, we send the parts.
 */
function piecesOf(message: OutgoingMessage, maxMessages: number): Piece[] {
  const parts = splitText(message);
  if (parts.length === 1 || (parts.length <= maxMessages && isCutByLength(message))) {
    return [{ text: message.body, part: null, header: null }];
  }
  return parts.map((text, index) => ({
    text,
    part: index + 1,
    header: concatenationHeader(message.id, index + 1, parts.length, 1),
  }));
}

function requestUrl(
  message: OutgoingMessage,
  piece: Piece,
  settings: KannelSettings,
  callbackUrl: string | null,
): string {
  const { validUntil } = message;
  // Rounded down: a report after our own deadline would be for a message that is already refunded.
  const validity = validUntil ? Math.max(1, Math.floor((validUntil.getTime() - Date.now()) / 60_000)) : null;
  const query = Object.entries({
    username: settings.username,
    password: settings.password,
    smsc: settings.smsc,
    from: message.from,
    to: message.to,
    text: piece.text,
    charset: 'UTF-8',
    coding: message.encoding === 'gsm7' ? '0' : '2',
    ...(validity !== null && { validity: String(validity) }),
    ...(callbackUrl !== null && {
      'dlr-mask': String(settings.everyStep ? DLR_MASK.everyStep : DLR_MASK.final),
      'dlr-url': reportUrl(callbackUrl, message.id, piece.part),
    }),
  }).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  if (piece.header) query.push(`udh=${encodeOctets(piece.header)}`);
  return `${settings.url}${settings.url.includes('?') ? '&' : '?'}${query.join('&')}`;
}

function makeKannel(name: string, settings: KannelSettings, env: CarrierEnv): Carrier {
  const health = new CallHealth();
  const submitPiece = async (message: OutgoingMessage, piece: Piece): Promise<Outcome> => {
    const url = requestUrl(message, piece, settings, env.callbackUrl);
    const answer = await callCarrier({ method: 'GET', url }, { targets: env.targets, timeoutMs: settings.timeoutMs });
    health.record(answer);
    return 'outcome' in answer ? answer : readAnswer(answer);
  };
  const submitOne = async (message: OutgoingMessage): Promise<Submitted> => {
    const outcomes: Outcome[] = [];
    const pieces = piecesOf(message, settings.maxMessages);
    for (const piece of pieces) {
      outcomes.push(await submitPiece(message, piece));
      // The later parts would arrive without this one.
      if (outcomes.at(-1)?.outcome !== 'accepted') break;
    }
    const whole = joinOutcomes(outcomes);
    return { id: message.id, ...whole, ...(whole.outcome === 'accepted' && { parts: pieces.length }) };
  };
  return {
    name,
    capabilities,
    reportsByRef: false,
    submit: (batch) => mapLimited(batch, settings.concurrency, submitOne),
    health: () => health.state(),
    close: () => Promise.resolve(),
  };
}

/** Reads a report that Kannel fetched by `dlr-url`. Kannel signs nothing; the unguessable URL authenticates it. */
function readCallback(request: CallbackRequest, _: KannelSettings, callbackUrl: string): CallbackContent {
  if (!isForCallbackUrl(request, callbackUrl)) return 'unauthorized';
  const query = queryOf(request);
  const [id, status] = [messageIdIn(query.get('id')), query.get('status')];
  if (id === null || status === null || !/^\d{1,3}$/.test(status)) return 'malformed';
  const part = query.get('part');
  if (part !== null && !/^[1-9]\d{0,2}$/.test(part)) return 'malformed';
  const report: DeliveryReport = {
    message: { id },
    ...(part !== null && { part: Number(part) }),
    status: REPORT_STATUSES[status] ?? 'unknown',
    ...readReply(status, query.get('reply') ?? ''),
    at: null,
  };
  return { reports: [report] };
}

/** Reads `%A`, the SMSC's own words: `ACK/`, `NACK/<code>/<text>`, or the text of an SMPP receipt. */
function readReply(status: string, reply: string): { code: string; detail: string | null } {
  const [, code, text] = /^NACK\/([^/]*)\/?(.*)$/s.exec(reply) ?? [];
  if (code) return { code, detail: text || null };
  const receipt = parseReceipt(reply);
  if (receipt.stat !== null) return { code: receipt.err ?? receipt.stat, detail: receipt.stat };
  return { code: status, detail: reply === '' || reply.startsWith('ACK/') ? null : reply.slice(0, 200) };
}

/** Kannel, a WAP and SMS gateway, by the `sendsms` interface of its smsbox. */
export const kannel: CarrierKind<KannelSettings> = {
  kind: 'kannel',
  settings,
  secretFields: ['password'],
  make: makeKannel,
  readCallback,
};
