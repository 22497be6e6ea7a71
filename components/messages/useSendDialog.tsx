'use client';

import { useDialogs } from '@/components/ui/dialogs';

/** Opens the send form, on behalf of a member if one is given. */
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
