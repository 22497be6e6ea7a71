'use client';

import { Button, Group } from '@mantine/core';
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { useDialogs } from './dialogs';

/** Returns the URL of a click that navigates this window within the site, or null. */
function linkOf(event: MouseEvent): URL | null {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target instanceof Element ? event.target.closest('a') : null;
  if (!link?.href || link.target === '_blank' || link.hasAttribute('download')) return null;
  const to = new URL(link.href);
  return to.origin === window.location.origin && to.pathname !== window.location.pathname ? to : null;
}

/** Asks before the user leaves a page with unsaved changes: by a link, the back button or closing the tab. */
export function useUnsaved(isDirty: boolean): void {
  const open = useDialogs();
  const router = useRouter();
  useEffect(() => {
    if (!isDirty) return undefined;
    const ask = (leave: () => void) =>
      open({ title: 'Leave without saving?', body: (close) => <Leave onStay={close} onLeave={leave} /> });
    const onClick = (event: MouseEvent) => {
      const to = linkOf(event);
      if (!to) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      ask(() => router.push(to.pathname + to.search));
    };
    const onNavigate = (event: NavigateEvent) => {
      if (event.navigationType !== 'traverse' || !event.cancelable) return;
      event.preventDefault();
      const { key } = event.destination;
      ask(() => {
        window.navigation.removeEventListener('navigate', onNavigate);
        window.navigation.traverseTo(key);
      });
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
  }, [isDirty, open, router]);
}

function Leave({ onStay, onLeave }: { onStay: () => void; onLeave: () => void }) {
  const leave = () => {
    onStay();
    onLeave();
  };
  return (
    <>
      <p>You have unsaved changes. They’ll be lost if you leave.</p>
      <Group justify="flex-end" gap="xs" mt="md">
        <Button variant="default" onClick={leave}>
          Leave
        </Button>
        <Button data-autofocus onClick={onStay}>
          Stay
        </Button>
      </Group>
    </>
  );
}
