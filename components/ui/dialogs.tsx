'use client';

import dynamic from 'next/dynamic';
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';

export type Wanted = {
  title: ReactNode;
  /** What stands in it; `close` ends it without asking. */
  body: (close: () => void) => ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  /** At the side, where a row is looked at while its list stays in view. */
  side?: boolean;
  onClosed?: () => void;
};

const DialogFrame = dynamic(() => import('./DialogFrame').then((file) => file.DialogFrame), { ssr: false });

type Guard = RefObject<(() => boolean) | null>;

const DialogContext = createContext<{ open: (wanted: Wanted) => void; guard: Guard } | null>(null);

/** The one dialog of a page: opened from any row, menu, shortcut or the palette, it closes back to where one was. */
export function DialogHost({ children }: { children: ReactNode }) {
  const [wanted, setWanted] = useState<Wanted | null>(null);
  const [opened, setOpened] = useState(false);
  const guard: Guard = useRef(null);
  const open = useCallback((next: Wanted) => {
    guard.current = null;
    setWanted(next);
    setOpened(true);
  }, []);
  const close = useCallback(() => setOpened(false), []);
  const askToClose = () => {
    if (guard.current === null || guard.current()) close();
  };
  const host = useMemo(() => ({ open, guard }), [open]);
  return (
    <DialogContext value={host}>
      {children}
      {wanted && (
        <DialogFrame
          wanted={wanted}
          opened={opened}
          onClose={askToClose}
          onClosed={() => {
            setWanted(null);
            wanted.onClosed?.();
          }}
        >
          {wanted.body(close)}
        </DialogFrame>
      )}
    </DialogContext>
  );
}

/** Opens the page's dialog. */
export function useDialogs() {
  const host = use(DialogContext);
  if (!host) throw new Error('useDialogs needs a DialogHost above it.');
  return host.open;
}

/** Lets the body of a dialog be asked before it is closed: it answers whether it may be. */
export function useCloseGuard(mayClose: () => boolean): void {
  const host = use(DialogContext);
  if (host) host.guard.current = mayClose;
}
