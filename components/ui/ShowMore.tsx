'use client';

import { Button } from '@mantine/core';
import styles from './table.module.css';

type Paged = { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };

/** Shows the number of loaded rows and loads more. */
export const ShowMore = ({ list, shown }: { list: Paged; shown: number }) => (
  <div className={styles.footer}>
    <span className="muted tabular">{shown} shown</span>
    {list.hasNextPage && (
      <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
        Show more
      </Button>
    )}
  </div>
);
