'use client';

import { Kbd, Modal } from '@mantine/core';
import { useState } from 'react';
import { NO_BANNER } from '@/components/ui/DialogFrame';
import { Facts } from '@/components/ui/pieces';
import { useShortcutList } from '@/components/ui/shortcuts';

/** Lists the keyboard shortcuts of the current page. */
export function HelpSheet({ onClose }: { onClose: () => void }) {
  const list = useShortcutList();
  const [shortcuts] = useState(list);
  return (
    <Modal
      opened
      onClose={onClose}
      title="Keyboard shortcuts"
      closeButtonProps={{ 'aria-label': 'Close' }}
      attributes={NO_BANNER}
    >
      <Facts
        of={[
          ['Open command palette', <Kbd key="k">⌘ K / Ctrl K</Kbd>],
          ...shortcuts.map(({ keys, label }): [string, React.ReactNode] => [label, <Kbd key={keys}>{keys}</Kbd>]),
          ['Open row', <Kbd key="enter">Enter</Kbd>],
          ['Close', <Kbd key="esc">Esc</Kbd>],
        ]}
      />
    </Modal>
  );
}
