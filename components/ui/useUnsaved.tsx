'use client';

import { useRouter } from 'next/navigation';
import { useEffect, useEffectEvent } from 'react';
import { useDialogHost } from './dialogs';
import type { Question } from './QuestionFrame';

/** Returns the URL of a click that navigates this window within the site, or null. */
function linkOf(event: MouseEvent): URL | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link?.href || link.target === '_blank' || link.hasAttribute('download')) return null;
  const to = new URL(link.href);
  return to.origin === window.location.origin && to.pathname !== window.location.pathname ? to : null;
}

/** The entry of the history that the user chose to go to, which no form on the page asks about again. */
let chosenKey: string | null = null;

async function traverseTo(key: string): Promise<void> {
  chosenKey = key;
  // Rejected if another navigation took its place.
  await window.navigation.traverseTo(key).finished?.catch(() => undefined);
  chosenKey = null;
}

/**
 * Asks before the user leaves a page with unsaved changes: by a link, the back button or closing the tab. Does nothing on
 * a page without dialogs.
 */
export function useUnsaved(isDirty: boolean, question: Question): void {
  const host = useDialogHost();
  const router = useRouter();
  const ask = useEffectEvent((leave: () => void) =>
    host?.ask({
      ...question,
      onLeave: () => {
        question.onLeave();
        leave();
      },
    }),
  );
  const isGuarded = isDirty && host !== null;
  useEffect(() => {
    if (!isGuarded) return undefined;
    const onClick = (event: MouseEvent) => {
      const to = linkOf(event);
      if (!to) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(() => router.push(to.pathname + to.search));
    };
    const onNavigate = (event: NavigateEvent) => {
      const { key } = event.destination;
      if (event.navigationType !== 'traverse' || !event.cancelable || key === chosenKey) return;
      event.preventDefault();
      ask(() => void traverseTo(key));
    };
    const onUnload = (event: BeforeUnloadEvent) => event.preventDefault();
    document.addEventListener('click', onClick, true);
    window.addEventListener('beforeunload', onUnload);
    // Without the Navigation API, the back button does not ask.
    const { navigation } = window as { navigation?: Navigation };
    navigation?.addEventListener('navigate', onNavigate);
    return () => {
      document.removeEventListener('click', onClick, true);
      window.removeEventListener('beforeunload', onUnload);
      navigation?.removeEventListener('navigate', onNavigate);
    };
  }, [isGuarded, router]);
}
