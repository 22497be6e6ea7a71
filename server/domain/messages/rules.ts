import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { SegmentedMessage } from 'sms-segments-calculator';

import type { Micros } from '@/server/domain/money';
import type { FindRate } from '@/server/domain/rates/rules';

/** A number that can be sent to. `country` is ISO 3166-1 alpha-2 as libphonenumber names it (Kosovo is XK). */
export type Recipient = { e164: string; country: string };

/**
 * Reads a recipient in international form, with or without the spaces, hyphens, dots and brackets people type:
 * `+1 (415) 555-0100` → `{e164: '+14155550100', country: 'US'}`. Null for a national form and for a number that no
 * network could route: unknown calling code, wrong length, global service numbers that belong to no country (+800).
 */
export function parseRecipient(text: string): Recipient | null {
  if (text.length > 40 || !INTERNATIONAL.test(text.trim())) return null;
  const number = parsePhoneNumberFromString(text.trim());
  if (!number || UNDIALLABLE.test(number.number) || !number.isPossible()) return null;
  // A possible length is enough: numbering plans change before the metadata does, and the numbers kept for tests and
  // films (+44 7700 900xxx) are never "valid". Then the calling code's main country is the best answer there is.
  const country = number.country ?? number.getPossibleCountries()[0];
  return country === undefined ? null : { e164: number.number, country };
}

const INTERNATIONAL = /^\+[0-9][0-9 ().-]*$/;

// In the North American plan no area begins with 0 or 1; libphonenumber looks at the length alone.
const UNDIALLABLE = /^\+1[01]/;

/**
 * Reads a sender: 1 to 11 ASCII letters, digits and spaces with at least one letter (what carriers let through as an
 * alphanumeric sender), or a number of 3 to 15 digits (a short code or a phone number, with or without a plus).
 * Answers it without the spaces around it, or null.
 */
export function checkSender(from: string): string | null {
  const sender = from.trim();
  return WHOLE_SENDER.test(sender) ? sender : null;
}

/** What a sender is, as a pattern. */
export const SENDER = '(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}|\\+?[0-9]{3,15}';
const WHOLE_SENDER = new RegExp(`^(?:${SENDER})$`);

export type Encoding = 'gsm7' | 'ucs2';

/**
 * Counts what a carrier bills, by 3GPP TS 23.038 and 23.040: GSM-7 holds 160 septets, 153 each once concatenated, and a
 * character of the extension table takes two that stay together; any other character turns the whole text into UCS-2,
 * 70 UTF-16 units, 67 each once concatenated, and a surrogate pair stays together. An empty text is one segment.
 */
export function countSegments(body: string): { encoding: Encoding; segments: number } {
  const widths = gsm7Widths(body);
  return widths
    ? { encoding: 'gsm7', segments: countParts(widths, 160, 153) }
    : {
        encoding: 'ucs2',
        segments: countParts(
          Array.from(body, (char) => char.length),
          70,
          67,
        ),
      };
}

// Septets of each character, or null as soon as one is not in GSM-7.
function gsm7Widths(body: string): number[] | null {
  const widths: number[] = [];
  for (const char of body) {
    const width = gsm7Width(char);
    if (width === 0) return null;
    widths.push(width);
  }
  return widths;
}

// The library is asked for its alphabet alone, one character at a time. Its own cut keeps an emoji family whole and
// counts 300 combining accents as one character, which no carrier does, and takes 5 ms for 1,600 characters.
function gsm7Width(char: string): number {
  if (char.length > 1) return 0;
  const code = char.charCodeAt(0);
  if (code > LAST_GSM7_CODE) return 0;
  const known = GSM7_WIDTHS[code] ?? UNKNOWN;
  if (known !== UNKNOWN) return known;
  const alone = new SegmentedMessage(char, 'auto', false);
  return (GSM7_WIDTHS[code] = alone.encodingName === 'GSM-7' ? alone.numberOfCharacters : 0);
}

const LAST_GSM7_CODE = 0x20ac;
const UNKNOWN = 255;
const GSM7_WIDTHS = new Uint8Array(LAST_GSM7_CODE + 1).fill(UNKNOWN);

function countParts(widths: number[], alone: number, joined: number): number {
  if (widths.reduce((sum, width) => sum + width, 0) <= alone) return 1;
  let parts = 1;
  let used = 0;
  for (const width of widths) {
    if (used + width > joined) {
      parts += 1;
      used = 0;
    }
    used += width;
  }
  return parts;
}

/** A message as it is accepted: parsed, counted, priced. `price` is of one segment, `cost` what is charged, in micros. */
export type PricedMessage = {
  to: string;
  from: string;
  body: string;
  country: string;
  encoding: Encoding;
  segments: number;
  price: Micros;
  cost: Micros;
  reference: string | null;
};

type Complaint = { code: 'unroutable_number' | 'no_rate' | 'invalid_request'; field: 'to' | 'from'; detail: string };

/** Parses, counts and prices one message by the team's card, or says what is wrong with it. */
export function priceMessage(
  message: { to: string; from?: string; body: string; reference?: string },
  findRate: FindRate,
  defaultSender: string | null,
): PricedMessage | Complaint {
  const recipient = parseRecipient(message.to);
  if (!recipient) {
    const detail = `${JSON.stringify(message.to)} is not a number that can be reached. Give it in E.164, such as +14155550100.`;
    return { code: 'unroutable_number', field: 'to', detail };
  }
  const from = message.from ?? defaultSender;
  if (from === null) {
    const detail = 'Name a sender: the team has no default one (PATCH /api/v1/team sets it).';
    return { code: 'invalid_request', field: 'from', detail };
  }
  const price = findRate(recipient.e164, recipient.country);
  if (price === null) {
    return {
      code: 'no_rate',
      field: 'to',
      detail: `The team's rate card has no row for ${recipient.e164} (${recipient.country}).`,
    };
  }
  const { encoding, segments } = countSegments(message.body);
  return {
    to: recipient.e164,
    from,
    body: message.body,
    country: recipient.country,
    encoding,
    segments,
    price,
    cost: price * BigInt(segments),
    reference: message.reference ?? null,
  };
}
