import { toMicros } from '@/server/domain/core/money';
import { toUnits } from '@/components/ui/money/format';
import type { Measure } from './search-params';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useTRPC } from '@/components/data';

type Figures = Usage['total']['now'];

/** Returns the size of a figure for drawing; never use it as an amount. */
export const sizeOf = (figures: Figures, measure: Measure): number =>
  measure === 'cost' ? toUnits(toMicros(figures.cost)) : figures.messages;

export type Usage = inferOutput<ReturnType<typeof useTRPC>['reports']['browseUsage']>;
