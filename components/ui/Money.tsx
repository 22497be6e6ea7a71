'use client';

import { formatMoney } from './amount';
import { usePlace } from './usePlace';

/** An amount in the person's locale; the exact value on hover. */
export function Money({ amount, currency, strong = false }: { amount: string; currency: string; strong?: boolean }) {
  const { locale } = usePlace();
  const Tag = strong ? 'strong' : 'span';
  return (
    <Tag className="tabular" title={`${amount} ${currency}`} style={{ whiteSpace: 'nowrap' }}>
      {formatMoney(amount, currency, locale)}
    </Tag>
  );
}
