'use client';

import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { NewKey } from './NewKey';

type Props = { member: { id: string; name: string }; onClose: () => void };

/** Shows a member's API key to an owner, after saying that this is recorded in the audit log. */
export function RevealKey({ member, onClose }: Props) {
  // Never cached: the key disappears with the dialog.
  const reveal = useMutation(useTRPC().keys.revealKey.mutationOptions({ gcTime: 0 }));
  const form = useCommandForm({ initial: {}, command: reveal, inputOf: () => ({ memberId: member.id }) });
  if (reveal.data) return <NewKey apiKey={reveal.data.apiKey} onClose={onClose} again />;
  return (
    <Form form={form} submit="Reveal key" isFirst onCancel={onClose}>
      <p>Anyone with this key can spend {member.name}’s balance. Revealing it is recorded in the audit log.</p>
    </Form>
  );
}
