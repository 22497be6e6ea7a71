'use client';

import { ActionIcon } from '@mantine/core';
import { ChevronLeft, ChevronRight } from 'lucide-react';
import styles from './table.module.css';
import { useLocale } from './useLocale';

type Props = { page: number; pageSize: number; total: number; onPage: (page: number) => void; noun: string };

/** Shows the current rows and navigates the pages. */
export function Pager({ page, pageSize, total, onPage, noun }: Props) {
  const { locale } = useLocale();
  const number = (value: number) => value.toLocaleString(locale);
  const [first, last] = [(page - 1) * pageSize + 1, Math.min(page * pageSize, total)];
  const range = first === last ? number(first) : `${number(first)}–${number(last)}`;
  const all = total === 1 ? `1 ${noun.replace(/ies$/, 'y').replace(/s$/, '')}` : `${number(total)} ${noun}`;
  const pages = Math.max(1, Math.ceil(total / pageSize));
  return (
    <nav className={styles.footer} aria-label={`Pages of ${noun}`}>
      <span className="muted tabular">
        {first > total ? `No ${noun} on this page` : pages === 1 ? all : `${range} of ${all}`}
      </span>
      {pages > 1 && (
        <span className={styles.pages}>
          <ActionIcon
            variant="default"
            aria-label="Previous page"
            disabled={page <= 1}
            onClick={() => onPage(Math.min(page - 1, pages))}
          >
            <ChevronLeft size={14} aria-hidden />
          </ActionIcon>
          <span>
            Page{' '}
            <select aria-label="Page" value={page} onChange={(event) => onPage(Number(event.currentTarget.value))}>
              {page > pages && <option value={page}>{number(page)}</option>}
              {Array.from({ length: pages }, (_, i) => (
                <option key={i} value={i + 1}>
                  {number(i + 1)}
                </option>
              ))}
            </select>{' '}
            of {number(pages)}
          </span>
          <ActionIcon
            variant="default"
            aria-label="Next page"
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            <ChevronRight size={14} aria-hidden />
          </ActionIcon>
        </span>
      )}
    </nav>
  );
}
