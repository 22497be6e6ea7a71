import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import { toast } from '@/components/ui/toast';
import type { Invitation } from './labels';

const failed = (error: unknown) => toast({ message: sayProblem(error), tone: 'bad' });

/** Fetches the link of one invitation; never cached. */
export const useLinkReveal = () => useMutation(useTRPC().invitations.openLink.mutationOptions({ gcTime: 0 }));

/** The actions on an invitation that need no dialog. */
export function useInvitationActions() {
  const trpc = useTRPC();
  const resending = useMutation(
    trpc.invitations.resendInvitation.mutationOptions({
      onError: failed,
      onSuccess: ({ email, delivery }) =>
        toast({
          message:
            delivery === 'none'
              ? `New link created for ${email} (expires in 7 days). Previous links no longer work.`
              : `Invitation resent to ${email} (expires in 7 days). Previous links no longer work.`,
        }),
    }),
  );
  const revoking = useMutation(
    trpc.invitations.revokeInvitation.mutationOptions({
      onError: failed,
      onSuccess: ({ email }) => toast({ message: `Invitation to ${email} revoked. Its links no longer work.` }),
    }),
  );
  return {
    resend: ({ id }: Invitation) => resending.mutate({ invitationId: id }),
    revoke: ({ id }: Invitation) => revoking.mutate({ invitationId: id }),
  };
}
