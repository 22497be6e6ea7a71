'use client';

import { Button } from '@mantine/core';
import { Send } from 'lucide-react';
import { PageHead } from '@/components/ui/pieces';
import { useShortcut } from '@/components/ui/shortcuts';
import { MessageLog } from './MessageLog';
import { useSendDialog } from './useSendDialog';

/** The message log: the team's for owners, their own for members. */
export function MessagesPage() {
  const send = useSendDialog();
  useShortcut('s', 'Send message', () => send());
  return (
    <>
      <PageHead title="Messages">
        <Button leftSection={<Send size={16} aria-hidden />} onClick={() => send()}>
          Send message
        </Button>
      </PageHead>
      <MessageLog />
    </>
  );
}
