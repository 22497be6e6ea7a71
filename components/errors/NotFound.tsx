'use client';

import { Button, Group } from '@mantine/core';
import Link from 'next/link';

/** What stands where an address leads nowhere: nothing says whether it is so for everybody. */
export const NotFoundPage = () => (
  <>
    <h1>There is nothing here</h1>
    <p>It may have been mistyped, or it is not yours to see. Nothing was changed.</p>
    <Group gap="xs">
      <Button component={Link} href="/" prefetch={false}>
        The first page
      </Button>
      <Button variant="default" component={Link} href="/account/teams" prefetch={false}>
        Your teams
      </Button>
    </Group>
  </>
);
