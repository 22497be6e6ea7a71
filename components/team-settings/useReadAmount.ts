'use client';

import type { Micros } from '@/server/domain/core/money';
import { readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

/**
 * Returns the function that parses a typed amount: undefined if it is not readable, null if the field is empty.
 */
export function useReadAmount(currency: string) {
  const { locale } = useLocale();
  return (text: string): Micros | null | undefined => {
    const typed = readTyped(text, currency, locale);
    if ('amount' in typed) return typed.amount;
    return 'nothing' in typed ? null : undefined;
  };
}
