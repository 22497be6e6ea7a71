import { currencyDigits, MAX_AMOUNT, parseAmount, printAmount, type Micros } from '@/server/domain/core/money';

/** The result of parsing an amount field: an amount, "all", empty, or an error message. */
export type Typed = { amount: Micros } | { all: true } | { nothing: true } | { problem: string };

/**
 * Parses an amount as people type it in their locale: "1,250.5", "$20", "20 USD", "all". Ambiguous texts are refused:
 * digits must be grouped as the locale groups them.
 */
export function readTyped(text: string, currency: string, locale: string, { all = false } = {}): Typed {
  const { group, inner, decimal, symbols } = marksOf(currency, locale);
  const wanted = text.trim();
  if (wanted === '') return { nothing: true };
  if (/^(all|everything|max)$/i.test(wanted)) return all ? { all: true } : { problem: '“All” only works for debits.' };
  let bare = wanted.replace(/[\s\u00a0\u202f]/g, ' ').trim();
  for (const symbol of symbols) {
    // Sliced before changing case, because upper case can be longer ("ßD" becomes "SSD").
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

/** Returns the locale's grouping and decimal marks, and the upper-case signs of the currency. */
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
    // Indian locales group all digits but the last three in pairs: 12,00,000.
    inner: parts.filter((part) => part.type === 'integer').at(1)?.value.length === 2 ? 2 : 3,
    decimal: mark('decimal', '.'),
    symbols: [currency, mark('currency', currency), symbol].map((text) => text.toUpperCase()),
  };
}

const formatPlain = (value: number, currency: string, locale: string): string =>
  new Intl.NumberFormat(locale, { minimumFractionDigits: Math.max(1, currencyDigits(currency)) }).format(value);

/**
 * Formats an amount with the currency's own digits, and with more only where they are not zero.
 * @param amount as the API prints it, "12.50"
 */
export function formatMoney(amount: string, currency: string, locale: string): string {
  const digits = currencyDigits(currency);
  // Intl formats a string exactly, unlike a number.
  return new Intl.NumberFormat(locale, {
    style: 'currency',
    currency,
    currencyDisplay: 'narrowSymbol',
    minimumFractionDigits: digits,
    maximumFractionDigits: 6,
  }).format(amount as Intl.StringNumericLiteral);
}

/** Returns an amount of the API as users type it; `readTyped` parses it back. */
export function asTyped(amount: string, currency: string, locale: string): string {
  const [units = '0', fraction = ''] = amount.split('.');
  const kept = fraction.replace(/0+$/, '').padEnd(currencyDigits(currency), '0');
  return kept === '' ? units : `${units}${marksOf(currency, locale).decimal}${kept}`;
}

/** Adds or subtracts amounts as the API prints them. */
export const plus = (a: string, b: string): string => printAmount(toMicros(a) + toMicros(b));
export const minus = (a: string, b: string): string => printAmount(toMicros(a) - toMicros(b));

/** Parses a printed amount into micros; it may be negative or above the input limit. */
export function toMicros(amount: string): Micros {
  const [, sign = '', units = '0', fraction = ''] = /^(-?)([0-9]+)(?:\.([0-9]+))?$/.exec(amount) ?? [];
  const size = BigInt(units) * 1_000_000n + BigInt(fraction.padEnd(6, '0'));
  return sign ? -size : size;
}
