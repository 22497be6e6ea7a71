import { createLoader, parseAsString } from 'nuqs/server';

/** The state of the rates page in its URL. */
export const rateView = { q: parseAsString.withDefault('') };

export const loadRateView = createLoader(rateView);

/** Returns a country's name in the user's language, or its code if it has none. */
export const countryName = (code: string, locale: string): string =>
  new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

/** All two-letter codes that can name a country; outdated ones (DD, UK) are replaced by their successors. */
const CODES = LETTERS.flatMap((first) =>
  LETTERS.map((second) => new Intl.Locale(`und-${first}${second}`).region ?? `${first}${second}`),
);

/** Returns the code of the country that a code or the beginning of a name stands for, or undefined. */
function findCountry(text: string, locale: string): string | undefined {
  if (/^[a-z]{2}$/i.test(text)) return new Intl.Locale(`und-${text}`).region;
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  return CODES.find((code) => names.of(code)?.toLowerCase().startsWith(text.toLowerCase()));
}

/** Returns the filter for a search text: a country, or a prefix; null if no country matches. */
export function rateFilter(q: string, locale: string): { country?: string; prefix?: string } | null {
  const text = q.trim().replace(/^\+/, '');
  if (text === '') return {};
  if (/^[0-9]{1,15}$/.test(text)) return { prefix: text };
  const country = findCountry(text, locale);
  return country === undefined ? null : { country };
}

/** Returns the query of the page, identical on the server and in the browser. */
export const rateQuestion = (filter: { country?: string; prefix?: string }) => ({ ...filter, limit: 100 });
