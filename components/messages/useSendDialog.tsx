'use client';

import { useDialogs } from '@/components/ui/dialogs';

/** Opens the form that sends; for a member where one is given. */
export function useSendDialog() {
  const open = useDialogs();
  return (member: string | null = null) =>
    open({
      title: 'Send message',
      size: 'lg',
      body: async (close) => {
        const { SendMessage } = await import('./SendMessage');
        return <SendMessage member={member} onClose={close} />;
      },
    });
}
