'use client';

import { useLocale } from '@/components/ui/useLocale';
import { countryName } from './search-params';

/** A country by its name. The server's words may be older than the browser's: they are left as they came. */
export function Country({ code }: { code: string }) {
  return <span suppressHydrationWarning>{countryName(code, useLocale().locale)}</span>;
}
