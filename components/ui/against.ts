/**
 * Returns the change of a figure in words.
 * @param span the name of the earlier range: "previous 30 days"
 */
export function against(now: number, before: number, locale: string, span: string): string {
  if (before === 0) return now === 0 ? 'No change' : `No data for ${span}`;
  // Large changes read better as a factor than in percent.
  if (now / before >= 10) return `×${Math.round(now / before).toLocaleString(locale)} vs ${span}`;
  const change = (now - before) / before;
  if (Math.abs(change) < 0.005) return 'No change';
  const share = new Intl.NumberFormat(locale, {
    style: 'percent',
    maximumFractionDigits: 0,
    signDisplay: 'exceptZero',
  }).format(change);
  return `${share} vs ${span}`;
}
