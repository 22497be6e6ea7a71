'use client';

import { ActionIcon } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { ChevronDown, ChevronUp } from 'lucide-react';
import type { KeyboardEvent } from 'react';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { CopyButton } from '@/components/ui/Copy';
import { DialogFrame } from '@/components/ui/DialogFrame';
import { Failed } from '@/components/ui/Failed';
import { Bone, Empty, Late } from '@/components/ui/pieces';
import { MessageDetail } from './MessageDetail';
import styles from './messages.module.css';
import type { Log } from './useLog';

type Props = { log: Log; rows: { id: string }[] };

/** Shows one message beside its list, in which the arrow keys move; its ID is part of the URL. */
export function MessageDrawer({ log, rows }: Props) {
  const { team } = useShell();
  const id = log.view.open ?? '';
  const result = useQuery(useTRPC().messages.inspectMessage.queryOptions({ messageId: id }));
  const at = rows.findIndex((row) => row.id === id);
  const nextTo = (by: 1 | -1) => (at === -1 ? undefined : rows[at + by]);
  const step = (by: 1 | -1) => {
    const next = nextTo(by);
    if (next) log.show(next.id);
  };
  // `disabled` would make the first and the last message lose the focus and the arrow keys.
  const towards = (by: 1 | -1) => ({
    onClick: () => step(by),
    'aria-disabled': nextTo(by) === undefined,
    'data-disabled': nextTo(by) === undefined || undefined,
  });
  const onKeyDown = (event: KeyboardEvent) => {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key] as 1 | -1 | undefined;
    if (by === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
    event.preventDefault();
    step(by);
  };
  const link = () => `${window.location.origin}/${team.slug}/messages?days=all&open=${id}`;
  return (
    <DialogFrame
      wanted={{ title: 'Message', side: true, size: 'lg', body: () => null }}
      opened
      onClose={() => {
        log.show(null);
        // The row from which the drawer was opened, or to which the arrow keys moved.
        document.getElementById(id)?.focus();
      }}
      onClosed={() => {}}
    >
      {/* oxlint-disable-next-line jsx-a11y/no-static-element-interactions -- it handles the keys of its content */}
      <div onKeyDown={onKeyDown}>
        <div className={styles.walk}>
          <ActionIcon variant="default" aria-label="Newer message" data-autofocus {...towards(-1)}>
            <ChevronUp size={14} aria-hidden />
          </ActionIcon>
          <ActionIcon variant="default" aria-label="Older message" {...towards(1)}>
            <ChevronDown size={14} aria-hidden />
          </ActionIcon>
          <CopyButton text={link} label="Copy link" />
        </div>
        {result.data && <MessageDetail whole={result.data} />}
        {result.isPending && (
          <Late>
            <Bone width="80%" />
          </Late>
        )}
        {result.isError &&
          (problemOf(result.error)?.code === 'not_found' ? (
            <Empty title="Message not found">It was deleted, or you don’t have access to it.</Empty>
          ) : (
            <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />
          ))}
      </div>
    </DialogFrame>
  );
}
