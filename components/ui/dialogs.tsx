'use client';

import dynamic from 'next/dynamic';
import { createContext, use, useCallback, useMemo, useRef, useState, type ReactNode, type RefObject } from 'react';
import { isReauthenticating } from './confirm';
import { toast } from './toast';
import type { Wanted } from './DialogFrame';

const DialogFrame = dynamic(() => import('./DialogFrame').then((file) => file.DialogFrame), { ssr: false });

type Guard = RefObject<(() => boolean) | null>;

const DialogContext = createContext<{ open: (wanted: Wanted) => void; guard: Guard } | null>(null);

/** Hosts the page's one dialog. Closing it returns the focus to where the user came from. */
export function DialogHost({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ wanted: Wanted; body: ReactNode } | null>(null);
  const [opened, setOpened] = useState(false);
  const guard: Guard = useRef(null);
  const cameFrom = useRef<HTMLElement | null>(null);
  const open = useCallback((wanted: Wanted) => {
    cameFrom.current = opener();
    const show = (body: ReactNode) => {
      guard.current = null;
      setShown({ wanted, body });
      setOpened(true);
    };
    Promise.resolve(wanted.body(() => setOpened(false))).then(show, () =>
      toast({ message: 'Nothing was changed. Couldn’t load this; try again.', tone: 'bad' }),
    );
  }, []);
  const askToClose = () => {
    // Escape reaches both dialogs; the reauthentication above is answered first.
    if (!isReauthenticating() && (guard.current === null || guard.current())) setOpened(false);
  };
  const onClosed = () => {
    setShown(null);
    cameFrom.current?.focus();
  };
  const host = useMemo(() => ({ open, guard }), [open]);
  return (
    <DialogContext value={host}>
      {children}
      {shown && (
        <DialogFrame wanted={shown.wanted} opened={opened} onClose={askToClose} onClosed={onClosed}>
          {shown.body}
        </DialogFrame>
      )}
    </DialogContext>
  );
}

/** Returns the focused element; for a menu, which unmounts meanwhile, the button that opened it. */
function opener(): HTMLElement | null {
  const now = document.activeElement instanceof HTMLElement ? document.activeElement : null;
  const menu = now?.closest('[role=menu]');
  return menu ? document.getElementById(menu.getAttribute('aria-labelledby') ?? '') : now;
}

/**
 * Returns the function that opens the page's dialog.
 * @throws outside a DialogHost
 */
export function useDialogs() {
  const host = use(DialogContext);
  if (!host) throw new Error('useDialogs needs a DialogHost above it.');
  return host.open;
}

/** Registers a guard that decides whether the dialog may close. */
export function useCloseGuard(mayClose: () => boolean): void {
  const host = use(DialogContext);
  if (host) host.guard.current = mayClose;
}
