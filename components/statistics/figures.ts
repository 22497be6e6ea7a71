import { useShell } from '@/components/layout/useShell';
import { formatMoney, toMicros } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import type { Measure } from './search-params';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useTRPC } from '@/components/data';

type Figures = Usage['total']['now'];

/** Returns the size of a figure for drawing; never use it as an amount. */
export const sizeOf = (figures: Figures, measure: Measure): number =>
  measure === 'cost' ? drawn(figures.cost) : figures.messages;

export const drawn = (cost: string): number => Number(toMicros(cost)) / 1e6;

/** Returns formatters of a measure: exact and compact. */
export function usePrinting(measure: Measure) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const money = { style: 'currency', currency, currencyDisplay: 'narrowSymbol' } as const;
  const short = new Intl.NumberFormat(locale, {
    ...(measure === 'cost' && money),
    notation: 'compact',
    minimumFractionDigits: 0,
    maximumSignificantDigits: 3,
  });
  return {
    print: (figures: Figures): string =>
      measure === 'cost' ? formatMoney(figures.cost, currency, locale) : figures.messages.toLocaleString(locale),
    short: (size: number): string => short.format(size),
  };
}

export type Usage = inferOutput<ReturnType<typeof useTRPC>['reports']['browseUsage']>;
