'use client';

import { Broken, type BrokenProps } from '@/components/errors/PageError';

export default function RootError(props: BrokenProps) {
  return (
    <main className="text-page">
      <Broken {...props} />
    </main>
  );
}
