'use client';

import { Drawer, Modal } from '@mantine/core';
import { useMediaQuery, useMounted } from '@mantine/hooks';
import { useSyncExternalStore, type ReactNode } from 'react';
import { isReauthenticating, onReauthenticating } from './confirm';

/** A dialog's head is no second banner beside the page's. */
export const NO_BANNER = { header: { role: 'presentation' } };

type Props = { wanted: Wanted; opened: boolean; onClose: () => void; onClosed: () => void; children: ReactNode };

/** What a dialog stands in: in the middle, at the side, or the whole of a phone's screen. */
export function DialogFrame({ wanted, opened, onClose, onClosed, children }: Props) {
  const isPhone = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  // Opened after it stands in the page, so that it remembers where the focus was.
  const ready = useMounted();
  const isBelowQuestion = useSyncExternalStore(onReauthenticating, isReauthenticating, () => false);
  const frame = {
    opened: opened && ready,
    onClose,
    // Who is asked again who he is, above this, closes that alone.
    closeOnEscape: !isBelowQuestion,
    onExitTransitionEnd: onClosed,
    title: wanted.title,
    size: wanted.size ?? 'md',
    // The host returns it, to where the person came from.
    returnFocus: false,
    closeButtonProps: { 'aria-label': 'Close' },
    attributes: NO_BANNER,
  };
  if (wanted.side) return <Drawer {...frame}>{children}</Drawer>;
  return (
    <Modal {...frame} fullScreen={isPhone}>
      {children}
    </Modal>
  );
}

export type Wanted = {
  title: ReactNode;
  /** What stands in it, which may have to be fetched first; `close` ends it without asking. */
  body: (close: () => void) => ReactNode | Promise<ReactNode>;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  /** At the side, where a row is looked at while its list stays in view. */
  side?: boolean;
};
