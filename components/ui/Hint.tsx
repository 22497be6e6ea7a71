'use client';

import { useId, useState, type ReactNode } from 'react';
import styles from './pieces.module.css';

/** A tooltip on hover, focus or tap; Escape closes it. It is positioned above everything so that nothing clips it. */
export function Hint({ text, children }: { text: string; children: ReactNode }) {
  const [at, setAt] = useState<{ x: number; y: number } | null>(null);
  const id = useId();
  const show = (event: { currentTarget: HTMLElement }) => {
    const { left, width, bottom } = event.currentTarget.getBoundingClientRect();
    setAt({ x: left + width / 2, y: bottom + 4 });
  };
  const hide = () => setAt(null);
  return (
    // oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it only listens to events of its content
    <span
      className={styles.hinted}
      aria-describedby={at ? id : undefined}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
      onKeyDown={(event) => event.key === 'Escape' && hide()}
    >
      {children}
      {at && (
        <span
          role="tooltip"
          id={id}
          className={styles.hint}
          style={{ left: `clamp(min(10rem, 50vw), ${at.x}px, max(100vw - 10rem, 50vw))`, top: at.y }}
        >
          {text}
        </span>
      )}
    </span>
  );
}
