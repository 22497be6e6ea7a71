'use client';

import { PageError, type BrokenProps } from '@/components/errors/PageError';

export default function TeamError(props: BrokenProps) {
  return (
    <div className="text-page">
      <PageError {...props} />
    </div>
  );
}
