'use client';

import { ActionIcon, Button } from '@mantine/core';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { ChevronLeft, ChevronRight, Download, Pause, Play } from 'lucide-react';
import type { useTRPC } from '@/components/data';
import { CopyIconButton } from '@/components/ui/Copy';
import { useDialogs } from '@/components/ui/dialogs';
import { useLocale } from '@/components/ui/useLocale';
import styles from './messages.module.css';
import { PAGE_SIZE, type LogFilters } from './search-params';
import type { Log } from './useLog';
import { NEWER_MAX } from '@/server/domain/messaging/messages/rules';

type Page = inferOutput<ReturnType<typeof useTRPC>['messages']['browseMessages']>;

/** Navigates the log: at its live end, paused, or on an older page. */
export function LogPager({ log, page, total }: { log: Log; page: Page; total: number | null | undefined }) {
  const { locale } = useLocale();
  const number = (value: number) => value.toLocaleString(locale);
  const { older, top, newer } = page;
  const isNewest = newer === null;
  const isHeld = log.view.way === 'hold' && !isNewest;
  // A position within one page of the end is the end.
  const back = () => log.go(newer !== null && newer > PAGE_SIZE ? { at: top, way: 'newer' } : null);
  return (
    <nav className={styles.pager} aria-label="Log pages">
      <span className={styles.live} data-on={isNewest || undefined}>
        {isNewest ? 'Live' : isHeld ? 'Paused' : 'Older messages'}
      </span>
      {isNewest && (
        <Button
          size="compact-xs"
          variant="default"
          leftSection={<Pause size={12} aria-hidden />}
          disabled={top === null}
          onClick={() => log.go({ at: top, way: 'hold' })}
        >
          Pause
        </Button>
      )}
      {!isNewest && (
        <Button
          size="compact-xs"
          variant={newer > 0 ? 'light' : 'default'}
          leftSection={<Play size={12} aria-hidden />}
          onClick={() => log.go(null)}
        >
          <span aria-live="polite">
            {newer === 0 ? 'Follow' : `${number(newer)}${newer === NEWER_MAX ? '+' : ''} ${isHeld ? 'new' : 'newer'}`}
          </span>
        </Button>
      )}
      <span className={`muted tabular ${styles.total}`}>
        {typeof total === 'number' && (total === 1 ? '1 message' : `${number(total)} messages`)}
      </span>
      <CopyIconButton text={() => window.location.href} label="Copy link to this view" />
      <CsvButton filters={log.filters} />
      <ActionIcon variant="default" aria-label="Newer messages" disabled={isNewest || newer === 0} onClick={back}>
        <ChevronLeft size={14} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="default"
        aria-label="Older messages"
        disabled={older === null}
        onClick={() => log.go({ at: older, way: 'older' })}
      >
        <ChevronRight size={14} aria-hidden />
      </ActionIcon>
    </nav>
  );
}

function CsvButton({ filters }: { filters: LogFilters }) {
  const open = useDialogs();
  const ask = () =>
    open({
      title: 'Messages as CSV',
      body: async (close) => {
        const { ExportLog } = await import('./ExportLog');
        return <ExportLog filters={filters} onClose={close} />;
      },
    });
  return (
    <Button size="compact-xs" variant="default" leftSection={<Download size={12} aria-hidden />} onClick={ask}>
      CSV
    </Button>
  );
}
