import type { NextConfig } from 'next';
import { PHASE_DEVELOPMENT_SERVER } from 'next/constants';

const config: NextConfig = {
  poweredByHeader: false,
  images: { unoptimized: true },
  serverExternalPackages: ['@node-rs/argon2', 'graphile-worker', 'pg'],
  skipTrailingSlashRedirect: true,
  // Asked for by browsers whatever the page names; else it would be looked for as a team.
  rewrites: async () => [{ source: '/favicon.ico', destination: '/icon.svg' }],
  turbopack: { root: import.meta.dirname },
  // `npm test` checks the types; an installation for production lacks the packages that the tests import.
  typescript: { ignoreBuildErrors: true },
};

/** A `page.dev.tsx` is a page in development only. */
export default (phase: string): NextConfig => ({
  ...config,
  pageExtensions: ['ts', 'tsx', ...(phase === PHASE_DEVELOPMENT_SERVER ? ['dev.tsx'] : [])],
});
