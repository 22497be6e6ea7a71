'use client';

import type { CSSProperties } from 'react';

/** No style sheet is there for certain, and none of the tokens: the colours are the system's own. */
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

/** As `PageError`, where not even the frame of the pages could be made: it needs nothing but itself. */
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
