import type { PDU } from 'smpp';
import type { DeliveryReport, ReportStatus } from './carrier';
import { parseReceipt } from './receipt-text';

/** The format of an SMSC's ids: the same text in answers and receipts, or one hexadecimal and the other decimal. */
export type MessageIdFormat = 'same' | 'hex-then-decimal' | 'decimal-then-hex';

/** The values of `stat` in a receipt's text (SMPP 3.4, appendix B). */
const STATS: Record<string, ReportStatus> = {
  ENROUTE: 'buffered',
  ACCEPTD: 'buffered',
  DELIVRD: 'delivered',
  EXPIRED: 'failed',
  DELETED: 'failed',
  UNDELIV: 'failed',
  REJECTD: 'failed',
  UNKNOWN: 'unknown',
};

/** The names of the parameter `message_state` (SMPP 3.4, section 5.2.28; 0 and 9 are of version 5). */
const STATES = [
  'ENROUTE',
  'ENROUTE',
  'DELIVRD',
  'EXPIRED',
  'DELETED',
  'UNDELIV',
  'ACCEPTD',
  'UNKNOWN',
  'REJECTD',
  'UNDELIV',
];

/** Bits 2 to 5 of esm_class (section 5.2.12): a receipt, or a notification on the way to it. */
const MESSAGE_TYPE = 0x3c;
const RECEIPT_TYPES = new Set([0x04, 0x20]);

/**
 * Returns true for a receipt. The text alone is no proof, because a phone can send `id:1 stat:DELIVRD` as its own message.
 */
export const isReceipt = (pdu: PDU): boolean =>
  RECEIPT_TYPES.has((pdu.esm_class ?? 0) & MESSAGE_TYPE) || pdu.receipted_message_id !== undefined;

/** Brings an SMSC's id to the form in which answers and receipts agree. */
export function normalizeMessageId(id: string, side: 'answer' | 'receipt', format: MessageIdFormat): string {
  const trimmed = id.replaceAll('\0', '').trim();
  if (format === 'same') return trimmed;
  const isHex = (format === 'hex-then-decimal') === (side === 'answer');
  if (!(isHex ? /^[0-9a-f]{1,32}$/i : /^\d{1,40}$/).test(trimmed)) return trimmed;
  return BigInt(isHex ? `0x${trimmed}` : trimmed).toString();
}

function textOf(field: PDU['short_message']): string {
  if (field === undefined) return '';
  if (typeof field === 'string') return field;
  if (Buffer.isBuffer(field)) return field.toString('latin1');
  return textOf(field.message);
}

/**
 * Reads a receipt. Parameters come before the text, which carriers write in many ways. The code is the network's own if
 * the receipt has one.
 */
export function readReceipt(
  pdu: PDU,
  format: MessageIdFormat,
): Omit<DeliveryReport, 'message' | 'part'> & { ref: string | null } {
  const text = textOf(pdu.short_message) || textOf(pdu.message_payload);
  const fields = parseReceipt(text);
  const id = pdu.receipted_message_id ?? fields.id;
  const stat = pdu.message_state === undefined ? fields.stat : (STATES[pdu.message_state] ?? String(pdu.message_state));
  return {
    ref: id === null ? null : normalizeMessageId(id, 'receipt', format),
    status: STATS[stat ?? ''] ?? 'unknown',
    code: fields.err ?? networkError(pdu.network_error_code) ?? stat,
    detail: stat,
    at: null,
  };
}

/** Reads `network_error_code` (section 5.3.2.31): the kind of network, and its two-octet code. */
function networkError(code: PDU['network_error_code']): string | null {
  return Buffer.isBuffer(code) && code.length === 3 ? String(code.readUInt16BE(1)) : null;
}
