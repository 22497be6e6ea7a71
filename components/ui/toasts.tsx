'use client';

import { Button } from '@mantine/core';
import { notifications, Notifications } from '@mantine/notifications';
import { Check, TriangleAlert } from 'lucide-react';
import styles from './toast.module.css';

/** The height in pixels of a 120-character name on a narrow phone with its button; a lower limit would clip it. */
const TALLEST = 600;

export const Toasts = () => <Notifications position="bottom-right" limit={4} notificationMaxHeight={TALLEST} />;

/** The time in ms within which a double click reports the same change twice. */
const ECHO_MS = 1_000;
let last = { message: '', at: -ECHO_MS };

/** Shows a toast unless the same one was shown a moment ago. */
export function show({ message, tone = 'ok', undo }: Toast): void {
  const now = performance.now();
  const isEcho = message === last.message && now - last.at < ECHO_MS;
  last = { message, at: now };
  if (isEcho) return;
  const id = notifications.show({
    message: (
      <div className={styles.toast}>
        <span className={styles.message}>{message}</span>
        {undo && (
          <Button
            size="compact-sm"
            variant="default"
            className={styles.undo}
            onClick={() => {
              notifications.hide(id);
              undo();
            }}
          >
            Undo
          </Button>
        )}
      </div>
    ),
    role: tone === 'bad' ? 'alert' : 'status',
    icon: tone === 'bad' ? <TriangleAlert size={16} aria-hidden /> : <Check size={16} aria-hidden />,
    color: tone === 'bad' ? 'red' : 'accent',
    autoClose: tone === 'bad' || undo ? 12_000 : 6_000,
    withBorder: true,
    closeButtonProps: { 'aria-label': 'Dismiss' },
  });
}

export type Toast = {
  message: string;
  tone?: 'ok' | 'bad';
  /** Undoes the reported change. */
  undo?: () => void;
};
