'use client';

import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';

/** The navigation, on a phone. */
export function NavDrawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Drawer
      opened
      onClose={onClose}
      position="left"
      size="xs"
      title="Menu"
      closeButtonProps={{ 'aria-label': 'Close' }}
    >
      <div style={{ display: 'grid', gap: '0.75rem' }}>{children}</div>
    </Drawer>
  );
}
