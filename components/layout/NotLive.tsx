'use client';

import { useEffect, useState } from 'react';
import { useLiveState } from '@/components/live';
import styles from './layout.module.css';

/** A page that is loading, or whose server is restarted, is not live for a moment; that is not worth a word. */
const WORTH_SAYING_MS = 5_000;

/** Says that what is shown may be old, and nothing while it is not. */
export function NotLive() {
  const isLost = useLiveState() === 'connecting';
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(isLost), isLost ? WORTH_SAYING_MS : 0);
    return () => clearTimeout(timer);
  }, [isLost]);
  return (
    <span className={styles.notLive} aria-live="polite">
      {isLost && isLong && 'Reconnecting…'}
    </span>
  );
}
