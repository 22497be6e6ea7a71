'use client';

import { MantineProvider } from '@mantine/core';
import { setNonce } from 'get-nonce';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useEffect, type ReactNode } from 'react';
import { ReauthenticationHost } from '@/components/auth/ReauthenticationHost';
import { type Locale, ZONE_COOKIE } from '@/components/ui/locale';
import { useExactCopy } from '@/components/ui/money/useExactCopy';
import { LocaleContext } from '@/components/ui/useLocale';
import { ToastHost } from '@/components/ui/toast';
import { theme, variables } from '@/components/ui/theme';

/** Provides the theme, toasts, URL state, locale and the copying of exact amounts to every page. */
export function Providers({ nonce, place, children }: { nonce?: string; place: Locale; children: ReactNode }) {
  // The nonce is for the one <style> element that locks scrolling behind a dialog.
  if (nonce !== undefined && typeof document !== 'undefined') setNonce(nonce);
  useExactCopy();
  useEffect(() => {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    if (timeZone !== place.timeZone)
      document.cookie = `${ZONE_COOKIE}=${timeZone};path=/;max-age=31536000;samesite=lax`;
  }, [place.timeZone]);
  return (
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={nonce === undefined ? undefined : () => nonce}
    >
      <LocaleContext value={place}>
        <NuqsAdapter>{children}</NuqsAdapter>
      </LocaleContext>
      <ReauthenticationHost />
      <ToastHost />
    </MantineProvider>
  );
}
