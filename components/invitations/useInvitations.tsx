'use client';

import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import { useDialogs } from '@/components/ui/dialogs';
import { toast } from '@/components/ui/toast';
import type { Invitation } from './labels';

/** A member that is to be taken over. */
export type Claimed = { id: string; name: string; role: 'owner' | 'member' };

/** What is done with invitations in a dialog; fetched then. */
export function useInvitationDialogs() {
  const open = useDialogs();
  return {
    /** Invites one person; to take over a member where one is given. */
    invite: (claimed: Claimed | null = null) =>
      open({
        title: claimed ? `Invite a person to take over ${claimed.name}` : 'Invite a person',
        size: 'lg',
        body: async (close) => {
          const { Invite } = await import('./Invite');
          return <Invite claimed={claimed} onClose={close} />;
        },
      }),
    inviteMany: () =>
      open({
        title: 'Invite many',
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

const failed = (error: unknown) => toast({ message: sayProblem(error), tone: 'bad' });

/** Asks for the link of one invitation; kept nowhere. */
export const useOpenLink = () => useMutation(useTRPC().invitations.openLink.mutationOptions({ gcTime: 0 }));

/** What is done to an invitation at once. */
export function useInvitationActions() {
  const trpc = useTRPC();
  const resending = useMutation(
    trpc.invitations.resendInvitation.mutationOptions({
      onError: failed,
      onSuccess: ({ email, delivery }) =>
        toast({
          message:
            delivery === 'none'
              ? `${email} has a new link for seven days: copy it. The old ones are dead.`
              : `Sent to ${email} again, good for seven days. The old links are dead.`,
        }),
    }),
  );
  const revoking = useMutation(
    trpc.invitations.revokeInvitation.mutationOptions({
      onError: failed,
      onSuccess: ({ email }) => toast({ message: `The invitation of ${email} is revoked: its links are dead.` }),
    }),
  );
  return {
    resend: ({ id }: Invitation) => resending.mutate({ invitationId: id }),
    revoke: ({ id }: Invitation) => revoking.mutate({ invitationId: id }),
  };
}
