'use client';

import { Button } from '@mantine/core';
import { Note } from './pieces';

type Why = { detail: string; requestId?: string | undefined } | undefined;

/** What stands where something could not be fetched: why, and a way to ask again. Undefined: no answer arrived. */
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
