/** The locale and time zone for formatting, the same on the server and in the browser. */
export type Locale = { locale: string; timeZone: string };

/** The cookie with the browser's time zone, so that the server renders the same instants. */
export const ZONE_COOKIE = 'purser-zone';

/** Returns the locale of the `Accept-Language` header and the cookie; falls back to English and UTC. */
export function localeFrom(acceptLanguage: string | null, zone: string | undefined): Locale {
  const first = acceptLanguage?.split(',')[0]?.split(';')[0]?.trim();
  return { locale: isLocale(first) ? first : 'en-US', timeZone: isZone(zone) ? zone : 'UTC' };
}

function isLocale(text: string | undefined): text is string {
  try {
    return text !== undefined && text.length < 36 && Intl.NumberFormat.supportedLocalesOf(text).length > 0;
  } catch {
    return false;
  }
}

function isZone(text: string | undefined): text is string {
  try {
    return text !== undefined && new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
