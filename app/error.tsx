'use client';

import { PageError, type BrokenProps } from '@/components/errors/PageError';

export default function RootError(props: BrokenProps) {
  return (
    <main className="text-page">
      <PageError {...props} />
    </main>
  );
}
