'use client';

import { formatMoney } from './format';
import { useLocale } from '../useLocale';

/**
 * An amount in the user's locale; the exact value on hover. Server and browser may have different locale data, so
 * hydration keeps the server's text.
 */
export function Money({ amount, currency, strong = false }: { amount: string; currency: string; strong?: boolean }) {
  const { locale } = useLocale();
  const Tag = strong ? 'strong' : 'span';
  return (
    <Tag className="tabular" title={`${amount} ${currency}`} suppressHydrationWarning style={{ whiteSpace: 'nowrap' }}>
      {formatMoney(amount, currency, locale)}
    </Tag>
  );
}
