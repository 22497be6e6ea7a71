'use client';

import { Alone } from '@/components/errors/Alone';

export default function GlobalError({ retry }: { retry: () => void }) {
  return (
    <html lang="en">
      <body>
        <Alone retry={retry} />
      </body>
    </html>
  );
}
