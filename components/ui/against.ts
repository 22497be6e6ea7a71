/**
 * A figure against what it was, in words.
 * @param span what it was in: "30 days before"
 */
export function against(now: number, before: number, locale: string, span: string): string {
  if (before === 0) return now === 0 ? `As in the ${span}` : `Nothing in the ${span}`;
  // Of many times as much nobody wants to know how many percent that is.
  if (now / before >= 10) return `${Math.round(now / before).toLocaleString(locale)} × the ${span}`;
  const change = Math.abs(now - before) / before;
  if (change < 0.005) return `As in the ${span}`;
  const share = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 }).format(change);
  return `${share} ${now > before ? 'more' : 'less'} than in the ${span}`;
}
