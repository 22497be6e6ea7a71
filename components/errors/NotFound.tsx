'use client';

import { Button, Group } from '@mantine/core';
import Link from 'next/link';

/** The page for unknown URLs. It does not reveal whether the URL exists for other users. */
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
