'use client';

import { Alone } from '@/components/errors/GlobalError';

export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <Alone retry={retry} />
      </body>
    </html>
  );
}
