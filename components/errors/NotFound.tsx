'use client';

import { Button, Group } from '@mantine/core';
import Link from 'next/link';

/** What stands where an address leads nowhere: nothing says whether it is so for everybody. */
export const NotFoundPage = () => (
  <>
    <h1>Page not found</h1>
    <p>The address may be wrong, or you don’t have access.</p>
    <Group gap="xs">
      <Button component={Link} href="/" prefetch={false}>
        Go to overview
      </Button>
      <Button variant="default" component={Link} href="/account/teams" prefetch={false}>
        Your teams
      </Button>
    </Group>
  </>
);
