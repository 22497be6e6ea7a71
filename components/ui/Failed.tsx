'use client';

import { Button } from '@mantine/core';
import { Note } from './pieces';

type Why = { detail: string; requestId?: string | undefined } | undefined;

/** Shown when data could not be fetched, with a retry. `problem` is undefined when no response arrived. */
export function Failed({ problem, onRetry }: { problem: Why; onRetry: () => void }) {
  return (
    <Note
      tone="bad"
      alert
      action={
        <Button size="xs" variant="default" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {problem?.detail ?? 'Nothing was changed. Can’t reach the server; data may be out of date.'}
      {problem?.requestId && <span className="muted"> ({problem.requestId})</span>}
    </Note>
  );
}
