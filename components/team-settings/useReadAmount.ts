'use client';

import { printAmount } from '@/server/domain/core/money';
import { readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

/**
 * Returns the function that parses a typed amount into the one that the API takes: undefined if it is not readable, null if
 * the field is empty.
 */
export function useReadAmount(currency: string) {
  const { locale } = useLocale();
  return (text: string): string | null | undefined => {
    const typed = readTyped(text, currency, locale);
    if ('amount' in typed) return printAmount(typed.amount);
    return 'nothing' in typed ? null : undefined;
  };
}
