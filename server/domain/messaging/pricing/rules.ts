import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Micros } from '@/server/domain/core/money';
import { normalizeNumber } from '@/server/domain/core/phone-numbers';
import type { FindRate } from '@/server/domain/billing/rates/rules';
import { countSegments, type Encoding } from '../segments/rules';

/** A reachable number. `country` is ISO 3166-1 alpha-2 as libphonenumber names it (Kosovo is XK). */
export type Recipient = { e164: string; country: string };

/**
 * Parses a recipient in international form like `normalizeNumber`: `+1 (415) 555-0100` → `{e164: '+14155550100',
 * country: 'US'}`. Returns null for a national form and for a number that no network can route: unknown calling code,
 * wrong length, global service numbers without a country (+800).
 */
export function parseRecipient(text: string): Recipient | null {
  const normal = normalizeNumber(text);
  if (!INTERNATIONAL.test(normal)) return null;
  const number = parsePhoneNumberFromString(normal);
  if (!number || UNDIALLABLE.test(number.number) || !number.isPossible()) return null;
  // A possible length is enough: numbering plans change before the metadata does, and numbers reserved for tests and
  // films (+44 7700 900xxx) are never "valid". The calling code's main country is then the best match.
  const country = number.country ?? number.getPossibleCountries()[0];
  return country === undefined ? null : { e164: number.number, country };
}

const INTERNATIONAL = /^\+[1-9][0-9]{1,30}$/;

// No area code of the North American plan begins with 0 or 1; libphonenumber only checks the length.
const UNDIALLABLE = /^\+1[01]/;

/** A parsed and priced message. `price` is per segment and `cost` the amount charged, in micros. */
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

/** Parses, counts and prices one message by the team's rate card, or returns the error in it. */
export function priceMessage(
  message: { to: string; from?: string; body: string; reference?: string },
  findRate: FindRate,
  defaultSender: string | null,
): PricedMessage | Complaint {
  const recipient = parseRecipient(message.to);
  if (!recipient) {
    const detail = `${JSON.stringify(message.to)} is not a valid phone number. Use E.164 with the country code, such as +14155550100.`;
    return { code: 'unroutable_number', field: 'to', detail };
  }
  const from = message.from ?? defaultSender;
  if (from === null) {
    const detail =
      '`from` is required because the team has no default sender. Pass `from`, or set a default with PATCH /api/v1/team.';
    return { code: 'invalid_request', field: 'from', detail };
  }
  const price = findRate(recipient.e164, recipient.country);
  if (price === null) {
    return {
      code: 'no_rate',
      field: 'to',
      detail: `The team's rate card has no price for ${recipient.e164} (${recipient.country}).`,
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
