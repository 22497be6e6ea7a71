'use client';

import { lazy, Suspense, useSyncExternalStore } from 'react';
import type { Toast } from './toasts';

const load = () => import('./toasts');
const Toasts = lazy(() => load().then((file) => ({ default: file.Toasts })));

let isWanted = false;
const listeners = new Set<() => void>();

/** Shows a toast. It disappears, so it must never be the only copy of any information. */
export function toast(said: Toast): void {
  isWanted = true;
  for (const listener of listeners) listener();
  void load().then(({ show }) => show(said));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Hosts the toasts; their code is loaded with the first one. */
export function ToastHost() {
  const shown = useSyncExternalStore(
    subscribe,
    () => isWanted,
    () => false,
  );
  return shown ? (
    <Suspense>
      <Toasts />
    </Suspense>
  ) : null;
}
