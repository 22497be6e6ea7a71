'use client';

import { useEffect, useState } from 'react';
import { useLiveState } from '@/components/live';
import styles from './layout.module.css';

/** Short interruptions, such as loading or a server restart, are not shown. */
const WORTH_SAYING_MS = 5_000;

/** Says that the data may be out of date while the live connection is lost. */
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
