'use client';

import { useEffect, useRef, type ReactNode } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { Money } from '@/components/ui/money/Money';
import styles from './members.module.css';

/** Highlights a balance for a moment when its amount changes. */
export function BalanceCell({
  balance,
  currency,
  children,
}: {
  balance: string;
  currency: string;
  children?: ReactNode;
}) {
  const cell = useRef<HTMLSpanElement>(null);
  const before = useRef(balance);
  useEffect(() => {
    if (before.current === balance) return;
    before.current = balance;
    if (window.matchMedia('(prefers-reduced-motion: reduce)').matches) return;
    cell.current?.animate([{ backgroundColor: 'var(--warn-soft)' }, { backgroundColor: 'transparent' }], 1500);
  }, [balance]);
  return (
    <span ref={cell} className={styles.balance}>
      <Money amount={toMicros(balance)} currency={currency} />
      {children}
    </span>
  );
}
