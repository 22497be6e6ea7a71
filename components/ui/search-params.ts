import { createParser } from 'nuqs/server';
import { parseCountry } from '@/server/domain/core/countries';
import { parseId, type IdPrefix } from '@/server/domain/core/ids';

/** Parses a text that passes a check; other values are ignored, so that a mistyped URL still shows its page. */
export const parseAsMatching = (isValid: (text: string) => boolean) =>
  createParser({ parse: (text) => (isValid(text) ? text : null), serialize: (text: string) => text });

/** Parses an ID of one kind. */
export const parseAsId = (prefix: IdPrefix) => parseAsMatching((text) => parseId(prefix, text) !== null);

/** Parses a country code into upper case. */
export const parseAsCountry = createParser({ parse: parseCountry, serialize: (code: string) => code });

/** Parses a UTC day that can start or end a range; the day after it must also be valid in RFC 3339. */
export const parseAsDay = createParser({
  parse: (text) => {
    const day = new Date(/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) ? text : Number.NaN);
    const isValid = printDay(day) === text && text >= FIRST_DAY && text <= LAST_DAY;
    return isValid ? day : null;
  },
  serialize: printDay,
  eq: (a, b) => a.getTime() === b.getTime(),
});

const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9998-12-31';

function printDay(day: Date): string {
  return Number.isNaN(day.getTime()) ? '' : day.toISOString().slice(0, 10);
}
