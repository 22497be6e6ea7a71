'use client';
import { useDialogs } from '@/components/ui/dialogs';
import type { Invitation } from './labels';
import type { Claimed } from './useReadInvitation';

/** The dialogs of invitations; their code is loaded when they open. */
export function useInvitationDialogs() {
  const open = useDialogs();
  return {
    /** Invites one person; they claim a member if one is given. */
    invite: (claimed: Claimed | null = null) =>
      open({
        title: claimed ? `Invite someone to claim ${claimed.name}` : 'Invite someone',
        size: 'lg',
        body: async (close) => {
          const { Invite } = await import('./Invite');
          return <Invite claimed={claimed} onClose={close} />;
        },
      }),
    inviteMany: () =>
      open({
        title: 'Bulk invite',
        size: 'lg',
        body: async (close) => {
          const { InviteMany } = await import('./InviteMany');
          return <InviteMany onClose={close} />;
        },
      }),
    look: (invitation: Invitation) =>
      open({
        title: invitation.email,
        side: true,
        body: async (close) => {
          const { InvitationDetail } = await import('./InvitationDetail');
          return <InvitationDetail invitation={invitation} onClose={close} />;
        },
      }),
  };
}
