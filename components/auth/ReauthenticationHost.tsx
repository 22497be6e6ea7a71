'use client';

import { lazy, Suspense, useSyncExternalStore } from 'react';
import { isAsking, onAsking } from '@/components/ui/confirm';

const ConfirmDialog = lazy(() => import('./ReauthenticationDialog').then((file) => ({ default: file.ConfirmDialog })));

/** The place where a person is asked again who he is; fetched when it first happens. */
export function ConfirmHost() {
  const asking = useSyncExternalStore(onAsking, isAsking, () => false);
  return asking ? (
    <Suspense>
      <ConfirmDialog />
    </Suspense>
  ) : null;
}
