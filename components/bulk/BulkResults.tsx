'use client';

import { Button, Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { useCloseGuard } from '@/components/ui/dialogs';
import { Note, Status } from '@/components/ui/pieces';
import bulkStyles from './bulk.module.css';
import type { Result, useBulk } from './useBulk';

type Props = {
  rows: { id: string; name: string }[];
  bulk: Pick<ReturnType<typeof useBulk>, 'results' | 'isRunning' | 'again' | 'stop'>;
  /** The message shown when every row succeeded. */
  allWentWell: string;
  onClose: () => void;
  /** An extra action on the results. */
  more?: ReactNode;
};

/** Shows the result of each row and lets failed rows be retried. */
export function BulkResults({ rows, bulk, allWentWell, onClose, more }: Props) {
  const { results, isRunning, again } = bulk;
  const failed = rows.filter(({ id }) => results.get(id)?.ok === false);
  // A running action is stopped by its button, so that its results stay visible.
  useCloseGuard(() => !isRunning);
  return (
    <FormStack>
      <Progress value={(100 * results.size) / rows.length} aria-label="Progress" />
      <p role="status" className="tabular">
        {!isRunning && failed.length === 0
          ? allWentWell
          : `${results.size - failed.length} of ${rows.length} completed${failed.length > 0 ? `, ${failed.length} failed` : ''}`}
      </p>
      <ul className={bulkStyles.results} aria-label="Results">
        {rows.map(({ id, name }) => (
          <ResultRow key={id} name={name} result={results.get(id)} onRetry={isRunning ? null : () => again([id])} />
        ))}
      </ul>
      {!isRunning && failed.length > 0 && (
        <Note tone="warn">Failed rows changed nothing. Retrying never applies twice.</Note>
      )}
      <FormFoot>
        {isRunning ? (
          <Button variant="default" onClick={bulk.stop}>
            Stop
          </Button>
        ) : (
          <>
            {more}
            {failed.length > 1 && (
              <Button variant="default" onClick={() => again(failed.map(({ id }) => id))}>
                Retry {failed.length} failed
              </Button>
            )}
            <Button onClick={onClose}>Done</Button>
          </>
        )}
      </FormFoot>
    </FormStack>
  );
}

type RowProps = { name: string; result: Result | undefined; onRetry: (() => void) | null };

function ResultRow({ name, result, onRetry }: RowProps) {
  return (
    <li>
      <span style={{ overflowWrap: 'anywhere' }}>{name}</span>
      {result === undefined ? (
        <span className="muted">Waiting</span>
      ) : (
        <span>
          <Status tone={result.ok ? 'ok' : 'bad'}>{result.said}</Status>{' '}
          {!result.ok && onRetry && (
            <Button size="compact-xs" variant="default" onClick={onRetry} aria-label={`Retry ${name}`}>
              Retry
            </Button>
          )}
        </span>
      )}
    </li>
  );
}
