'use client';

import { Button, Group } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import Link from 'next/link';
import { useEffect, useRef } from 'react';

export type BrokenProps = { error: unknown; retry: () => void };

const digestOf = (error: unknown): string | null =>
  error instanceof Error && 'digest' in error && typeof error.digest === 'string' ? error.digest : null;

/** The page for a failed render: says first what happened to the money, then what to do. */
export function PageError({ error, retry }: BrokenProps) {
  const { online } = useNetwork();
  const again = useRef(retry);
  const wasOffline = useRef(false);
  useEffect(() => {
    again.current = retry;
  });
  // Retries by itself when the network returns.
  useEffect(() => {
    if (online && wasOffline.current) again.current();
    wasOffline.current = !online;
  }, [online]);
  const digest = digestOf(error);
  return (
    <>
      <h1>{online ? 'Something went wrong' : 'You’re offline'}</h1>
      <p>
        <strong>No money moved.</strong> Your last action either completed once or not at all; check Transfers.
      </p>
      <p>
        {online
          ? 'Try again in a moment. If it keeps failing, contact the operator.'
          : 'This page reloads when you’re back online.'}
        {online && digest && (
          <>
            {' '}
            Error reference: <code>{digest}</code>
          </>
        )}
      </p>
      <Group gap="xs">
        <Button onClick={retry}>Try again</Button>
        <Button variant="default" component={Link} href="/" prefetch={false}>
          Go to overview
        </Button>
      </Group>
    </>
  );
}
