'use client';

import styles from './alone.module.css';

/** As `Broken`, where not even the frame of the pages could be made: it needs nothing but itself. */
export const Alone = ({ retry }: { retry: () => void }) => (
  <main className={styles.alone}>
    <title>Purser</title>
    <h1>Purser could not be shown</h1>
    <p>
      <strong>No money was moved by it.</strong> What was asked for before has happened once and whole, or not at all.
    </p>
    <p>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </p>
  </main>
);
