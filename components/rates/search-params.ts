import { createLoader, parseAsString } from 'nuqs/server';

/** The whole state of the page of rates, as it stands in its address. */
export const rateView = { q: parseAsString.withDefault('') };

export const loadRateView = createLoader(rateView);

/** A country's name in the person's language; the code itself where it has none. */
export const countryName = (code: string, locale: string): string =>
  new Intl.DisplayNames(locale, { type: 'region' }).of(code) ?? code;

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'.split('');

/** Every code of two letters that may be a country's; the old ones (DD, UK) as what they are now. */
const CODES = LETTERS.flatMap((first) =>
  LETTERS.map((second) => new Intl.Locale(`und-${first}${second}`).region ?? `${first}${second}`),
);

/** The code of the country that is meant by a code or by how a name begins. */
function findCountry(text: string, locale: string): string | undefined {
  if (/^[a-z]{2}$/i.test(text)) return new Intl.Locale(`und-${text}`).region;
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' });
  return CODES.find((code) => names.of(code)?.toLowerCase().startsWith(text.toLowerCase()));
}

/** What is looked for: rows of a country, or rows whose prefix begins so; null where no country is called that. */
export function rateFilter(q: string, locale: string): { country?: string; prefix?: string } | null {
  const text = q.trim().replace(/^\+/, '');
  if (text === '') return {};
  if (/^[0-9]{1,15}$/.test(text)) return { prefix: text };
  const country = findCountry(text, locale);
  return country === undefined ? null : { country };
}

/** What the page asks for: the same on the server, which asks first, and in the browser. */
export const rateQuestion = (filter: { country?: string; prefix?: string }) => ({ ...filter, limit: 100 });
