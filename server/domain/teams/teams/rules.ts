import type { Micros } from '@/server/domain/core/money';

/** The most days over which the burn of the master balance is averaged. */
export const BURN_DAYS = 30;

const DAY_HOURS = 24;

/**
 * Returns the mean daily cost since the team's first charge, and for how many days the balance lasts at that rate. Both
 * are null before the first full day, because a single morning says nothing about a day.
 * @param burned cost in micros since the first charge, over at most `BURN_DAYS` days
 * @param hours hours since the first charge; null where there is none
 */
export function burnOf(
  balance: Micros,
  burned: Micros,
  hours: number | null,
): { burnPerDay: Micros | null; runwayDays: number | null } {
  if (hours === null || hours < DAY_HOURS) return { burnPerDay: null, runwayDays: null };
  const over = BigInt(Math.min(hours, BURN_DAYS * DAY_HOURS));
  const perDays = burned * BigInt(DAY_HOURS);
  return { burnPerDay: perDays / over, runwayDays: burned === 0n ? null : Number((balance * over) / perDays) };
}

const MAX_SLUG_LENGTH = 48;

/**
 * Returns the URL slug for a team name: ASCII letters, digits and single hyphens, at most 48 characters, never a
 * reserved route; "team" where nothing of the name is left. The caller checks whether it is taken.
 */
export function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^\p{ASCII}]/gu, (char) => LATIN[char] ?? char)
    .replace(/[\p{M}'’]/gu, '')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-/, '')
    .slice(0, MAX_SLUG_LENGTH)
    .replace(/-$/, '');
  if (slug === '') return 'team';
  return isReservedSlug(slug) ? `${slug}-team` : slug;
}

// Latin letters that NFKD does not decompose.
const LATIN: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  đ: 'd',
  ð: 'd',
  ħ: 'h',
  ı: 'i',
  ł: 'l',
  þ: 'th',
};

/** Returns whether a slug would hide a page of the app, or could pass for one. */
export function isReservedSlug(slug: string): boolean {
  return RESERVED_SLUGS.has(slug);
}

/** Reserved slugs: every first segment of a path, now or likely later. */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set(
  `404 500 about account accounts activate admin alerts api app apps apple-touch-icon assets audit auth billing blog
  callback callbacks chooser contact dashboard demo dev docs download downloads error errors export exports favicon forgot gallery
  health help home icon index invitations invite invites legal live log login logout mail mailbox manifest me members
  messages metrics new no-team no-team-yet not-found null oauth openapi operator opengraph-image page pages pricing privacy
  proxy public purser ready recharge register report reports reset robots root search security send session sessions
  settings setup sign-in sign-out sign-up signin signout signup sitemap start static statistics stats status support
  suspended switch system teams terms test transfers trpc undefined unsubscribe user users verify webhook webhooks
  well-known www`.split(/\s+/),
);
