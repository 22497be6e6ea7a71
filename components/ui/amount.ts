import { currencyDigits, MAX_AMOUNT, parseAmount, printAmount, type Micros } from '@/server/domain/core/money';

/** What a person typed into an amount field: an amount, all there is, nothing yet, or why it is not understood. */
export type Typed = { amount: Micros } | { all: true } | { nothing: true } | { problem: string };

/**
 * Reads an amount as people type it in their locale: "1,250.5", "$20", "20 USD", "all". What could mean two things is
 * not guessed: digits must be grouped as the locale groups them.
 */
export function readTyped(text: string, currency: string, locale: string, { all = false } = {}): Typed {
  const { group, inner, decimal, symbols } = marksOf(currency, locale);
  const wanted = text.trim();
  if (wanted === '') return { nothing: true };
  if (/^(all|everything|max)$/i.test(wanted)) return all ? { all: true } : { problem: '“All” only works for debits.' };
  let bare = wanted.replace(/[\s\u00a0\u202f]/g, ' ').trim();
  for (const symbol of symbols) {
    // Cut before its case is changed: the upper case of a text may be longer than it ("ßD" is "SSD").
    if (bare.slice(0, symbol.length).toUpperCase() === symbol) bare = bare.slice(symbol.length).trim();
    else if (bare.slice(-symbol.length).toUpperCase() === symbol) bare = bare.slice(0, -symbol.length).trim();
  }
  if (/^[-−(]/.test(bare)) return { problem: 'Enter a positive amount.' };
  const spaced = group === ' ' ? bare : bare.replaceAll(' ', '');
  const escape = (mark: string) => mark.replace(/[.\\'’]/g, String.raw`\$&`);
  const whole = `(?:[0-9]+|[0-9]{1,${inner}}(?:${escape(group)}[0-9]{${inner}})*${escape(group)}[0-9]{3})`;
  const match = new RegExp(`^(${whole})?(?:${escape(decimal)}([0-9]*))?$`).exec(spaced);
  const [, units = '', fraction = ''] = match ?? [];
  if (!match || units + fraction === '')
    return { problem: `Enter an amount like ${formatPlain(1250.5, currency, locale)}` };
  if (fraction.length > 6) return { problem: 'Use at most six decimals.' };
  const plain = `${units.replaceAll(group, '').replace(/^0+(?=\d)/, '') || '0'}${fraction && `.${fraction}`}`;
  const amount = parseAmount(plain);
  if (amount === null) return { problem: `The maximum is ${formatMoney(printAmount(MAX_AMOUNT), currency, locale)}.` };
  return { amount };
}

/** How the locale groups digits and marks decimals, and by which signs the currency may be named, upper case. */
function marksOf(currency: string, locale: string) {
  const parts = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: 2 }).formatToParts(
    1234567.5,
  );
  const mark = (type: string, fallback: string) =>
    (parts.find((part) => part.type === type)?.value ?? fallback).replace(/[\u00a0\u202f]/g, ' ');
  const narrow = new Intl.NumberFormat(locale, { style: 'currency', currency, currencyDisplay: 'narrowSymbol' });
  const symbol = narrow.formatToParts(1).find((part) => part.type === 'currency')?.value ?? currency;
  return {
    group: mark('group', ','),
    // Twelve lakh is 12,00,000: all groups but the last have two digits there.
    inner: parts.filter((part) => part.type === 'integer').at(1)?.value.length === 2 ? 2 : 3,
    decimal: mark('decimal', '.'),
    symbols: [currency, mark('currency', currency), symbol].map((text) => text.toUpperCase()),
  };
}

const formatPlain = (value: number, currency: string, locale: string): string =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: Math.max(1, currencyDigits(currency)) }).format(value);

/**
 * An amount as the person reads it: in the currency's own digits, and more only where they are not zero.
 * @param amount as the API prints it, "12.50"
 */
export function formatMoney(amount: string, currency: string, locale: string): string {
  const digits = currencyDigits(currency);
  // A string, not a number: Intl writes it exactly.
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: 6,
  }).format(amount as Intl.StringNumericLiteral);
}

/** An amount as the API prints it, as the person would type it: `readTyped` reads the same again. */
export function asTyped(amount: string, currency: string, locale: string): string {
  const [units = '0', fraction = ''] = amount.split('.');
  const kept = fraction.replace(/0+$/, '').padEnd(currencyDigits(currency), '0');
  return kept === '' ? units : `${units}${marksOf(currency, locale).decimal}${kept}`;
}

/** Sums of amounts as the API prints them. */
export const plus = (a: string, b: string): string => printAmount(toMicros(a) + toMicros(b));
export const minus = (a: string, b: string): string => printAmount(toMicros(a) - toMicros(b));

/** A printed amount, also a negative one or one above what may be typed. */
export function toMicros(amount: string): Micros {
  const [, sign = '', units = '0', fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(amount) ?? [];
  const size = BigInt(units) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return sign ? -size : size;
}
