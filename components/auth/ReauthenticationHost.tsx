'use client';

import { lazy, Suspense, useSyncExternalStore } from 'react';
import { isReauthenticating, onReauthenticating } from '@/components/ui/confirm';

const ReauthenticationDialog = lazy(() =>
  import('./ReauthenticationDialog').then((file) => ({ default: file.ReauthenticationDialog })),
);

/** The place where a person is asked again who he is; fetched when it first happens. */
export function ReauthenticationHost() {
  const asking = useSyncExternalStore(onReauthenticating, isReauthenticating, () => false);
  return asking ? (
    <Suspense>
      <ReauthenticationDialog />
    </Suspense>
  ) : null;
}
