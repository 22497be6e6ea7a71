'use client';

import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { problemOf, useTRPC } from '@/components/data';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { Bone } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { exportMessagesQuery, type LogFilters } from './search-params';

/** Shows the number of rows of an export before the download. */
export function ExportLog({ filters, onClose }: { filters: LogFilters; onClose: () => void }) {
  const { team } = useShell();
  const { locale } = useLocale();
  const size = useQuery(
    useTRPC().messages.previewExport.queryOptions(filters, {
      staleTime: 0,
      meta: { live: false },
      trpc: { context: { alone: true } },
    }),
  );
  const rows = size.data?.rows;
  return (
    <FormStack>
      {size.isError && <Failed problem={problemOf(size.error)} onRetry={() => void size.refetch()} />}
      {size.isPending && (
        <p className="muted" role="status">
          Counting rows…
          <Bone width="8rem" />
        </p>
      )}
      {size.data && (
        <p>
          <strong className="tabular" data-testid="rows">
            {typeof rows === 'number'
              ? `${rows.toLocaleString(locale)} ${rows === 1 ? 'row' : 'rows'}`
              : 'Too many rows to count'}
          </strong>
          , newest first: every message that matches the current filters. Times are UTC.
        </p>
      )}
      <FormFoot>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          component="a"
          href={`/${team.slug}/export/messages?${exportMessagesQuery(filters)}`}
          leftSection={<Download size={14} aria-hidden />}
          onClick={onClose}
        >
          Download
        </Button>
      </FormFoot>
    </FormStack>
  );
}
