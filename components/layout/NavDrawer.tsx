'use client';

import { Drawer } from '@mantine/core';
import type { ReactNode } from 'react';
import { NO_BANNER } from '@/components/ui/DialogFrame';

/** The navigation on a phone. */
export function NavDrawer({ onClose, children }: { onClose: () => void; children: ReactNode }) {
  return (
    <Drawer
      opened
      onClose={onClose}
      position="left"
      size="xs"
      title="Menu"
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={NO_BANNER}
    >
      <div style={{ display: 'grid', gap: '0.75rem' }}>{children}</div>
    </Drawer>
  );
}
