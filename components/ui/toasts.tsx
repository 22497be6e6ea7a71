'use client';

import { Button, Group } from '@mantine/core';
import { notifications, Notifications } from '@mantine/notifications';
import { Check, TriangleAlert } from 'lucide-react';
import type { Toast } from './toast';

/** Where what is said appears. */
export const Toasts = () => <Notifications position="bottom-right" limit={4} />;

/** Says it. */
export function show({ message, tone = 'ok', undo }: Toast): void {
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
