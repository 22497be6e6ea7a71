'use client';

import { MantineProvider } from '@mantine/core';
import { setNonce } from 'get-nonce';
import { NuqsAdapter } from 'nuqs/adapters/next/app';
import { useEffect, type ReactNode } from 'react';
import { ReauthenticationHost } from '@/components/auth/ReauthenticationHost';
import { type Locale, ZONE_COOKIE } from '@/components/ui/locale';
import { LocaleContext } from '@/components/ui/useLocale';
import { ToastHost } from '@/components/ui/toast';
import { theme, variables } from '@/components/ui/theme';

/** What every page stands in: looks, toasts, the address bar's state, and where the person is. */
export function Providers({ nonce, place, children }: { nonce?: string; place: Locale; children: ReactNode }) {
  // For the one <style> that locks the page's scroll behind a dialog.
  if (nonce !== undefined && typeof document !== 'undefined') setNonce(nonce);
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
