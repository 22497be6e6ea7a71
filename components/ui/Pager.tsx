'use client';

import { Group, Pagination } from '@mantine/core';
import styles from './table.module.css';
import { usePlace } from './usePlace';

type Props = { page: number; pageSize: number; total: number; onPage: (page: number) => void; noun: string };

/** Which rows these are, and the way to the others. */
export function Pager({ page, pageSize, total, onPage, noun }: Props) {
  const { locale } = usePlace();
  const number = (value: number) => value.toLocaleString(locale);
  const [first, last] = [(page - 1) * pageSize + 1, Math.min(page * pageSize, total)];
  const pages = Math.max(1, Math.ceil(total / pageSize));
  return (
    <nav className={styles.footer} aria-label="Pages">
      <span className="muted tabular">
        {total === 0 ? `No ${noun}` : `${number(first)}–${number(last)} of ${number(total)} ${noun}`}
      </span>
      {pages > 1 && (
        <Pagination.Root
          size="sm"
          total={pages}
          value={page}
          onChange={onPage}
          getItemProps={(item) => ({ 'aria-label': `Page ${item}` })}
        >
          <Group gap={4}>
            <Pagination.Previous aria-label="Page before" />
            <Pagination.Items />
            <Pagination.Next aria-label="Next page" />
          </Group>
        </Pagination.Root>
      )}
    </nav>
  );
}
