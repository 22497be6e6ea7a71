'use client';

import { currencyDigits, printAmount, type Micros } from '@/server/domain/core/money';
import { decimalsOf, formatMoney } from './format';
import { useLocale } from '../useLocale';

type Props = {
  /** Callers read the printed amounts of tRPC with `toMicros`; no amount is a string between there and here. */
  amount: Micros;
  currency: string;
  /**
   * The number of decimals. Without it, the currency's own: for balances and sums. A column of prices, costs or
   * movements gives all its cells `decimalsOf` its rows; "all" shows a single one exactly.
   */
  decimals?: number | 'all' | undefined;
  /** Shows a plus before an amount above zero, for movements. */
  isSigned?: boolean | undefined;
  strong?: boolean;
};

/**
 * Shows an amount in the user's locale. A rounded amount has its exact value on hover, and `useExactCopy` copies it.
 * Server and browser may have different locale data, so hydration keeps the server's text.
 */
export function Money({ amount, currency, decimals, isSigned, strong = false }: Props) {
  const { locale } = useLocale();
  const needed = decimalsOf([amount], currency);
  const given = decimals === 'all' ? needed : (decimals ?? currencyDigits(currency));
  const shown = (
    <data
      className="tabular"
      value={printAmount(amount)}
      title={`${printAmount(amount)} ${currency}`}
      data-exact={given < needed ? formatMoney(amount, currency, locale, { isSigned }) : undefined}
      suppressHydrationWarning
      style={{ whiteSpace: 'nowrap' }}
    >
      {formatMoney(amount, currency, locale, { decimals: given, isSigned })}
    </data>
  );
  return strong ? <strong>{shown}</strong> : shown;
}
