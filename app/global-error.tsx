'use client';

import { GlobalErrorPage } from '@/components/errors/GlobalError';

export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <GlobalErrorPage retry={retry} />
      </body>
    </html>
  );
}
