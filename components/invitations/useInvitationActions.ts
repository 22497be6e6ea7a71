import { useMutation } from '@tanstack/react-query';
import { sayProblem, useTRPC } from '@/components/data';
import { toast } from '@/components/ui/toast';
import type { Invitation } from './labels';

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
