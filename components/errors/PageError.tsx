'use client';

import { Button, Group } from '@mantine/core';
import { useNetwork } from '@mantine/hooks';
import Link from 'next/link';
import { useEffect, useRef } from 'react';

export type BrokenProps = { error: unknown; retry: () => void };

const digestOf = (error: unknown): string | null =>
  error instanceof Error && 'digest' in error && typeof error.digest === 'string' ? error.digest : null;

/** What stands for a page that failed: first what happened to the money, then what can be done. */
export function PageError({ error, retry }: BrokenProps) {
  const { online } = useNetwork();
  const again = useRef(retry);
  const wasOffline = useRef(false);
  useEffect(() => {
    again.current = retry;
  });
  // Back on the network, it tries by itself.
  useEffect(() => {
    if (online && wasOffline.current) again.current();
    wasOffline.current = !online;
  }, [online]);
  const digest = digestOf(error);
  return (
    <>
      <h1>{online ? 'This page could not be shown' : 'You are offline'}</h1>
      <p>
        <strong>No money was moved by it.</strong> What was asked for before has happened once and whole, or not at all;
        the transfers say which.
      </p>
      <p>
        {online
          ? 'It may be over in a moment. If not, the operator finds more in the log.'
          : 'The page comes by itself once you are back.'}
        {online && digest && (
          <>
            {' '}
            Tell this number: <code>{digest}</code>
          </>
        )}
      </p>
      <Group gap="xs">
        <Button onClick={retry}>Try again</Button>
        <Button variant="default" component={Link} href="/" prefetch={false}>
          The first page
        </Button>
      </Group>
    </>
  );
}
