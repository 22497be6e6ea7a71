'use client';

import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Check, TriangleAlert } from 'lucide-react';

type Toast = {
  message: string;
  tone?: 'ok' | 'bad';
  /** Takes back what was just done. */
  undo?: () => void;
};

/** Says what has happened. Never the only copy of anything: it goes away. */
export function toast({ message, tone = 'ok', undo }: Toast): void {
  const id = notifications.show({
    message: (
      <Group justify="space-between" wrap="nowrap" gap="sm">
        <span>{message}</span>
        {undo && (
          <Button
            size="compact-sm"
            variant="default"
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            Undo
          </Button>
        )}
      </Group>
    ),
    role: tone === 'bad' ? 'alert' : 'status',
    icon: tone === 'bad' ? <TriangleAlert size={16} aria-hidden /> : <Check size={16} aria-hidden />,
    color: tone === 'bad' ? 'red' : 'accent',
    autoClose: tone === 'bad' || undo ? 12_000 : 6_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}
