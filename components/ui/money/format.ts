import {
  currencyDigits,
  MAX_AMOUNT,
  MICROS_PER_UNIT,
  parseAmount,
  printAmount,
  type Micros,
} from '@/server/domain/core/money';

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
  if (amount === null) return { problem: `The maximum is ${formatMoney(MAX_AMOUNT, currency, locale)}.` };
  return { amount };
}

/** Returns the locale's grouping and decimal marks, and the upper-case signs of the currency. */
function marksOf(currency: string, locale: string) {
  const parts = new Intl.NumberFormat(locale, { style: 'currency', currency, minimumFractionDigits: 2 }).formatToParts(
    1234567.5,
  );
  const mark = (type: string, fallback: string) =>
    (parts.find((part) => part.type === type)?.value ?? fallback).replace(/[\u00a0\u202f]/g, ' ');
  const narrow = new Intl.NumberFormat(locale, moneyStyle(currency));
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

type Shape = {
  /** The number of decimals; without it, as many as the exact amount needs, at least the currency's own. */
  decimals?: number | undefined;
  /** Prints a plus before an amount above zero, for movements. */
  isSigned?: boolean | undefined;
};

/**
 * Formats an amount in the locale. With fewer decimals than the amount needs, it is rounded to the nearest, halves away
 * from zero, but never to zero: less than half of the last decimal is printed as `<$0.01` or, below zero, `>−$0.01`.
 */
export function formatMoney(
  amount: Micros,
  currency: string,
  locale: string,
  { decimals = decimalsOf([amount], currency), isSigned = false }: Shape = {},
): string {
  const format = new Intl.NumberFormat(locale, {
    ...moneyStyle(currency),
    minimumFractionDigits: decimals,
    maximumFractionDigits: decimals,
    signDisplay: isSigned ? 'exceptZero' : 'auto',
  });
  const print = (micros: Micros): string =>
    format
      // Intl formats a string exactly, unlike a number.
      .formatToParts(printAmount(micros) as Intl.StringNumericLiteral)
      // The minus sign is as wide as a plus or a digit; the hyphen of most locales is not.
      .map(({ type, value }) => (type === 'minusSign' ? value.replace('-', '−') : value))
      .join('');
  const last = stepOf(decimals);
  if (amount > 0n && 2n * amount < last) return `<${print(last)}`;
  if (amount < 0n && -2n * amount < last) return `>${print(-last)}`;
  return print(amount);
}

/** Returns the number of decimals that prints each of the amounts exactly, at least the currency's own. */
export function decimalsOf(amounts: Micros[], currency: string): number {
  let decimals: number = currencyDigits(currency);
  while (decimals < MICROS_DIGITS && amounts.some((amount) => amount % stepOf(decimals) !== 0n)) decimals += 1;
  return decimals;
}

const MICROS_DIGITS = 6;

/** Returns the micros of one unit of the last of so many decimals. */
const stepOf = (decimals: number): Micros => 10n ** BigInt(MICROS_DIGITS - decimals);

const moneyStyle = (currency: string) => ({ style: 'currency', currency, currencyDisplay: 'narrowSymbol' }) as const;

/** Formats the value of an axis, in units of the currency, with at most three digits: "$1.25K". */
export const formatAxis = (units: number, currency: string, locale: string): string =>
  new Intl.NumberFormat(locale, {
    ...moneyStyle(currency),
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumSignificantDigits: 3,
  }).format(units);

/** Returns an amount in units of its currency, for drawing and for ratios; never print it as an amount. */
export const toUnits = (amount: Micros): number => Number(amount) / Number(MICROS_PER_UNIT);

/** Returns an amount as users type it; `readTyped` reads it back. */
export function asTyped(amount: Micros, currency: string, locale: string): string {
  const fraction = (amount % MICROS_PER_UNIT).toString().padStart(MICROS_DIGITS, '0');
  const kept = fraction.replace(/0+$/, '').padEnd(currencyDigits(currency), '0');
  const units = amount / MICROS_PER_UNIT;
  return kept === '' ? units.toString() : `${units}${marksOf(currency, locale).decimal}${kept}`;
}

/** Returns the sum of amounts. */
export const sumOf = (amounts: Micros[]): Micros => amounts.reduce((total, amount) => total + amount, 0n);
