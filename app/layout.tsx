import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './globals.css';
import { ColorSchemeScript, mantineHtmlProps } from '@mantine/core';
import type { Metadata, Viewport } from 'next';
import { GeistMono } from 'geist/font/mono';
import { GeistSans } from 'geist/font/sans';
import { cookies, headers } from 'next/headers';
import type { ReactNode } from 'react';
import { Providers } from '@/components/layout/Providers';
import { localeFrom, ZONE_COOKIE } from '@/components/ui/locale';

export const metadata: Metadata = {
  title: { default: 'Purser', template: '%s · Purser' },
  description: 'Sub-accounts with keys, balances and message logs, paid from one master balance.',
  robots: { index: false },
};

export const viewport: Viewport = { colorScheme: 'light dark' };

/** Rendered per request, because the content security policy allows scripts by a nonce of that request. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const [fields, jar] = await Promise.all([headers(), cookies()]);
  const nonce = fields.get('x-purser-nonce') ?? undefined;
  const place = localeFrom(fields.get('accept-language'), jar.get(ZONE_COOKIE)?.value);
  return (
    <html lang="en" className={`${GeistSans.variable} ${GeistMono.variable}`} {...mantineHtmlProps}>
      <head>
        <ColorSchemeScript defaultColorScheme="auto" nonce={nonce} />
      </head>
      <body>
        <Providers nonce={nonce} place={place}>
          {children}
        </Providers>
      </body>
    </html>
  );
}
