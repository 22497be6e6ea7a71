'use client';

import dynamic from 'next/dynamic';
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { isReauthenticating } from './confirm';
import { toast } from './toast';
import type { Wanted } from './DialogFrame';
import type { Question } from './QuestionFrame';

const DialogFrame = dynamic(() => import('./DialogFrame').then((file) => file.DialogFrame), { ssr: false });
const QuestionFrame = dynamic(() => import('./QuestionFrame').then((file) => file.QuestionFrame), { ssr: false });

/** Decides whether the dialog may close. */
type Guard = () => boolean;

type Host = {
  open: (wanted: Wanted) => void;
  /** Closes the dialog without asking. */
  close: () => void;
  /** Asks a question above the dialog or the page. */
  ask: (question: Question) => void;
  /** Registers a guard of the dialog; returns the function that removes it. */
  guardBy: (guard: Guard) => () => void;
  /** The values of forms whose dialog was closed while they were unfinished, by the form's name. */
  drafts: Map<string, unknown>;
};

const DialogContext = createContext<Host | null>(null);

const InDialog = createContext(false);

/** Hosts the page's one dialog. Closing it returns the focus to where the user came from. */
export function DialogHost({ children }: { children: ReactNode }) {
  const [shown, setShown] = useState<{ wanted: Wanted; body: ReactNode } | null>(null);
  const [opened, setOpened] = useState(false);
  const { question, ask, answer } = useQuestion();
  const [drafts] = useState(() => new Map<string, unknown>());
  const guard = useRef<Guard | null>(null);
  const cameFrom = useRef<HTMLElement | null>(null);
  const close = useCallback(() => setOpened(false), []);
  const open = useCallback(
    (wanted: Wanted) => {
      cameFrom.current = opener();
      const show = (body: ReactNode) => {
        guard.current = null;
        setShown({ wanted, body });
        setOpened(true);
      };
      Promise.resolve(wanted.body(close)).then(show, () =>
        toast({ message: 'Nothing was changed. Couldn’t load this; try again.', tone: 'bad' }),
      );
    },
    [close],
  );
  const guardBy = useCallback((next: Guard) => {
    guard.current = next;
    return () => {
      if (guard.current === next) guard.current = null;
    };
  }, []);
  const askToClose = () => {
    // Escape reaches both dialogs; the reauthentication above is answered first.
    if (!isReauthenticating() && (guard.current === null || guard.current())) close();
  };
  const onClosed = () => {
    setShown(null);
    cameFrom.current?.focus();
  };
  const host = useMemo(() => ({ open, close, ask, guardBy, drafts }), [open, close, ask, guardBy, drafts]);
  return (
    <DialogContext value={host}>
      {children}
      {shown && (
        <DialogFrame
          wanted={shown.wanted}
          opened={opened}
          isCovered={question !== null}
          onClose={askToClose}
          onClosed={onClosed}
        >
          <InDialog value>{shown.body}</InDialog>
        </DialogFrame>
      )}
      {question && <QuestionFrame question={question} onAnswer={answer} />}
    </DialogContext>
  );
}

/** Holds the question that is being asked. Its answer returns the focus to where it was. */
function useQuestion() {
  const [question, setQuestion] = useState<Question | null>(null);
  const wasAt = useRef<Element | null>(null);
  const ask = useCallback((asked: Question) => {
    wasAt.current = document.activeElement;
    setQuestion(asked);
  }, []);
  const answer = (leaves: boolean) => {
    setQuestion(null);
    if (leaves) question?.onLeave();
    else if (wasAt.current instanceof HTMLElement) wasAt.current.focus();
  };
  return { question, ask, answer };
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

/** Returns the host of the page's dialog, or null on a page without dialogs. */
export const useDialogHost = () => use(DialogContext);

/** Returns true inside the dialog. */
export const useIsInDialog = () => use(InDialog);

/** Registers a guard that decides whether the dialog may close; null for none. */
export function useCloseGuard(mayClose: Guard | null): void {
  const guardBy = use(DialogContext)?.guardBy;
  useEffect(() => (mayClose ? guardBy?.(mayClose) : undefined), [guardBy, mayClose]);
}
