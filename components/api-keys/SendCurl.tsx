'use client';

import { Group } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import styles from '@/components/members/members.module.css';
import { CopyButton } from '@/components/ui/Copy';

/** Sends a message with a key, as a command for a shell. */
export const curlOf = (origin: string, apiKey: string): string =>
  `curl ${origin}/api/v1/messages \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{"to":"+14155550100","from":"Purser","body":"Hello"}'`;

const never = () => () => undefined;

/** The command that sends a message, with the address of this page and the name of a key instead of the key. */
export function SendCurl() {
  // Only the browser knows by which address it came here.
  const origin = useSyncExternalStore(
    never,
    () => window.location.origin,
    () => 'https://…',
  );
  const curl = curlOf(origin, '$PURSER_API_KEY');
  return (
    <>
      <pre className={styles.code}>{curl}</pre>
      <Group gap="xs" mt="xs">
        <CopyButton text={curl} label="Copy command" />
      </Group>
    </>
  );
}
