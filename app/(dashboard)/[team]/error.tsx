'use client';

import { Broken, type BrokenProps } from '@/components/errors/PageError';

export default function TeamError(props: BrokenProps) {
  return (
    <div className="text-page">
      <Broken {...props} />
    </div>
  );
}
