'use client';

import { useEffect, useState } from 'react';
import { useCloseGuard, useDialogHost, useIsInDialog } from '../dialogs';
import { useUnsaved } from '../useUnsaved';

const LEAVE = {
  title: 'Leave without saving?',
  text: 'You have unsaved changes. They’ll be lost if you leave.',
  stay: 'Stay',
  leave: 'Leave',
};

const DISCARD = {
  title: 'Discard changes?',
  text: 'What you typed will be lost.',
  stay: 'Keep editing',
  leave: 'Discard',
};

/** Returns the values that a form of this name held when its dialog was cancelled or replaced, or null. */
export function useKeptDraft(name: string | undefined): unknown {
  const host = useDialogHost();
  const isInDialog = useIsInDialog();
  const [kept] = useState(() => (isInDialog && name !== undefined ? host?.drafts.get(name) : undefined));
  return kept ?? null;
}

type Draft = {
  values: unknown;
  isUnsaved: boolean;
  /** False while only boxes were ticked, which are not worth a question in a dialog. */
  isTyped: boolean;
  onDiscard: () => void;
};

/**
 * Asks before unsaved changes are lost: by Escape, the backdrop or the close button of a dialog, and by leaving the page.
 * The draft of a dialog is kept unless the user discards it: after Cancel, and when another dialog takes its place.
 * @param name the name of the draft; undefined for a form with nothing worth keeping
 */
export function useDraftGuard(name: string | undefined, { values, isUnsaved, isTyped, onDiscard }: Draft): void {
  const host = useDialogHost();
  const isInDialog = useIsInDialog();
  const isGuarded = name !== undefined && isUnsaved && (isTyped || !isInDialog);
  const drafts = isInDialog ? host?.drafts : undefined;
  useEffect(() => {
    if (name === undefined) return;
    if (isUnsaved) drafts?.set(name, values);
    else drafts?.delete(name);
  });
  const discard = () => {
    onDiscard();
    if (isInDialog) host?.close();
  };
  const mayClose = () => {
    host?.ask({ ...DISCARD, onLeave: discard });
    return false;
  };
  useCloseGuard(isGuarded && isInDialog ? mayClose : null);
  useUnsaved(isGuarded, { ...(isInDialog ? DISCARD : LEAVE), onLeave: discard });
}
