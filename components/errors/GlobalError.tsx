'use client';

import type { CSSProperties } from 'react';

/** Uses only system colors because no style sheet or token may be available. */
const PAGE: CSSProperties = {
  colorScheme: 'light dark',
  position: 'fixed',
  inset: 0,
  padding: 'min(20vh, 10rem) max(1rem, 50vw - 20rem)',
  overflow: 'auto',
  background: 'Canvas',
  color: 'CanvasText',
  font: '0.875rem/1.5 system-ui, sans-serif',
};

/** The page for errors of the root layout; depends on nothing but itself. */
export const GlobalErrorPage = ({ retry }: { retry: () => void }) => (
  <main style={PAGE}>
    <title>Purser</title>
    <h1>Something went wrong</h1>
    <p>
      <strong>No money moved.</strong> Your last action either completed once or not at all.
    </p>
    <p>
      <button type="button" onClick={retry} style={{ padding: '0.5rem 1rem', font: 'inherit' }}>
        Try again
      </button>
    </p>
  </main>
);
