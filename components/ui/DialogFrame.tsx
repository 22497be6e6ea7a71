'use client';

import { Drawer, Modal } from '@mantine/core';
import { useMediaQuery, useMounted } from '@mantine/hooks';
import { useSyncExternalStore, type ReactNode } from 'react';
import { isReauthenticating, onReauthenticating } from './confirm';

/** A dialog's header must not be a second banner landmark. */
export const NO_BANNER = { header: { role: 'presentation' } };

type Props = {
  wanted: Wanted;
  opened: boolean;
  /** True while a question is asked above this dialog. */
  isCovered?: boolean;
  onClose: () => void;
  onClosed: () => void;
  children: ReactNode;
};

/** The frame of a dialog: centered, at the side, or full screen on a phone. */
export function DialogFrame({ wanted, opened, isCovered = false, onClose, onClosed, children }: Props) {
  const isPhone = useMediaQuery('(max-width: 40em)', false, { getInitialValueInEffect: false });
  // Opened after mounting, so that it remembers which element had the focus.
  const ready = useMounted();
  const isBelowReauthentication = useSyncExternalStore(onReauthenticating, isReauthenticating, () => false);
  const frame = {
    opened: opened && ready,
    onClose,
    // Escape closes only the dialog above this one.
    closeOnEscape: !isBelowReauthentication && !isCovered,
    onExitTransitionEnd: onClosed,
    title: wanted.title,
    size: wanted.size ?? 'md',
    // The host returns the focus to where the user came from.
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
  /** The content, which may be loaded first; `close` closes the dialog without asking. */
  body: (close: () => void) => ReactNode | Promise<ReactNode>;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  /** Opens at the side, so that the list stays visible. */
  side?: boolean;
};
