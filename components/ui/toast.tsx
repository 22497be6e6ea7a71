'use client';

import { lazy, Suspense, useSyncExternalStore } from 'react';
import type { Toast } from './toasts';

const load = () => import('./toasts');
const Toasts = lazy(() => load().then((file) => ({ default: file.Toasts })));

let isWanted = false;
const listeners = new Set<() => void>();

/** Says what has happened. Never the only copy of anything: it goes away. */
export function toast(said: Toast): void {
  isWanted = true;
  for (const listener of listeners) listener();
  void load().then(({ show }) => show(said));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The place of toasts; fetched with the first one. */
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
