'use client';

import { useLocale } from '@/components/ui/useLocale';
import { countryName } from './search-params';

/** A country's name. Server and browser may have different locale data, so hydration keeps the server's text. */
export function Country({ code }: { code: string }) {
  return <span suppressHydrationWarning>{countryName(code, useLocale().locale)}</span>;
}
