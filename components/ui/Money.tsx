'use client';

import { formatMoney } from './amount';
import { useLocale } from './useLocale';

/**
 * An amount in the person's locale; the exact value on hover. Browsers and servers may know other editions of a locale:
 * what the server wrote stays then.
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
