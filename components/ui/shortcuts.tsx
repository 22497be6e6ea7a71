'use client';

import { createContext, use, useEffect, useMemo, useRef, type ReactNode } from 'react';

export type Shortcut = { keys: string; label: string; run: () => void };

type Registry = { add: (shortcut: Shortcut) => () => void; list: () => Shortcut[] };

const ShortcutContext = createContext<Registry | null>(null);

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));

const isInDialog = (target: EventTarget | null): boolean =>
  document.querySelector('[role="dialog"]') !== null ||
  (target instanceof HTMLElement && target.closest('[role="menu"]') !== null);

/** Handles the page's single-key shortcuts, except while the user types or a dialog or menu is open. */
export function ShortcutHost({ children }: { children: ReactNode }) {
  const known = useRef(new Map<string, Shortcut>());
  const registry = useMemo<Registry>(
    () => ({
      add: (shortcut) => {
        known.current.set(shortcut.keys, shortcut);
        return () => {
          if (known.current.get(shortcut.keys) === shortcut) known.current.delete(shortcut.keys);
        };
      },
      list: () => [...known.current.values()],
    }),
    [],
  );
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (isTyping(event.target) || isInDialog(event.target)) return;
      const shortcut = known.current.get(event.key);
      if (!shortcut) return;
      event.preventDefault();
      shortcut.run();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
  return <ShortcutContext value={registry}>{children}</ShortcutContext>;
}

/** Registers a shortcut while the component is mounted; the help sheet lists it. */
export function useShortcut(keys: string, label: string, run: () => void): void {
  const registry = use(ShortcutContext);
  const latest = useRef(run);
  useEffect(() => {
    latest.current = run;
  });
  useEffect(() => registry?.add({ keys, label, run: () => latest.current() }), [registry, keys, label]);
}

/** Returns a function that lists the current shortcuts. */
export function useShortcutList(): () => Shortcut[] {
  const registry = use(ShortcutContext);
  return () => registry?.list() ?? [];
}
