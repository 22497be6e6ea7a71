'use client';

import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { NewPassword } from '@/components/api-keys/NewKey';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';

type Props = { member: { id: string; name: string }; onClose: () => void };

/** Resets the password of a member with a generated sign-in; the new one is shown once. */
export function ResetMemberPassword({ member, onClose }: Props) {
  // Never cached: the password disappears with the dialog.
  const reset = useMutation(useTRPC().members.resetMemberPassword.mutationOptions({ gcTime: 0 }));
  const form = useCommandForm({ initial: {}, command: reset, inputOf: () => ({ memberId: member.id }) });
  if (reset.data) {
    const { email, secrets } = reset.data;
    return <NewPassword email={email} password={secrets.password} onClose={onClose} />;
  }
  return (
    <Form form={form} submit="Reset password" isFirst onCancel={onClose}>
      <p>{member.name} gets a new password, shown once. The old one stops working, and all sessions end.</p>
    </Form>
  );
}
