'use client';

import { Group } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import styles from '@/components/members/members.module.css';
import { CopyButton } from '@/components/ui/Copy';

/** Returns a shell command that sends a message with an API key. */
export const curlOf = (origin: string, apiKey: string): string =>
  `curl ${origin}/api/v1/messages \\
  -H "Authorization: Bearer ${apiKey}" \\
  -H "Content-Type: application/json" \\
  -d '{"to":"+14155550100","from":"Purser","body":"Hello"}'`;

const never = () => () => undefined;

/** Shows the command that sends a message, with this page's origin and a variable in place of the key. */
export function SendCurl() {
  // Only the browser knows the origin it used.
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
