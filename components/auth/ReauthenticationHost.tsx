'use client';

import { lazy, Suspense, useSyncExternalStore } from 'react';
import { isReauthenticating, onReauthenticating } from '@/components/ui/confirm';

const ReauthenticationDialog = lazy(() =>
  import('./ReauthenticationDialog').then((file) => ({ default: file.ReauthenticationDialog })),
);

/** Hosts the reauthentication dialog, which is loaded when it is first needed. */
export function ReauthenticationHost() {
  const asking = useSyncExternalStore(onReauthenticating, isReauthenticating, () => false);
  return asking ? (
    <Suspense>
      <ReauthenticationDialog />
    </Suspense>
  ) : null;
}
