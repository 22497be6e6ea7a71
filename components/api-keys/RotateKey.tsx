'use client';

import { Radio, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useTRPC } from '@/components/data';
import { Form } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { OVERLAPS } from './labels';
import { NewKey } from './NewKey';

type Props = { member: { id: string; name: string; apiKey: object | null }; onClose: () => void };

/** Enough time to replace a key everywhere, so that an accidental rotation interrupts nothing. */
const DEFAULT_SECONDS = 86_400;

/** Rotates a member's API key; the user chooses when the old key, if any, stops working. */
export function RotateKey({ member, onClose }: Props) {
  const rotate = useMutation(useTRPC().keys.rotateKey.mutationOptions({ gcTime: 0 }));
  const form = useCommandForm({
    initial: { overlap: String(DEFAULT_SECONDS) },
    command: rotate,
    inputOf: ({ overlap }) => ({ memberId: member.id, overlapSeconds: Number(overlap) }),
    named: { '/overlapSeconds': 'overlap' },
  });
  if (rotate.data) return <NewKey apiKey={rotate.data.secrets.apiKey} onClose={onClose} />;
  const hasKey = member.apiKey !== null;
  return (
    <Form form={form} submit={hasKey ? 'Rotate key' : 'Create API key'} isFirst={!hasKey} onCancel={onClose}>
      {hasKey ? (
        <Radio.Group label="When should the old key stop working?" {...form.field('overlap')}>
          <Stack gap="xs" mt="xs">
            {OVERLAPS.map(({ seconds, label }) => (
              <Radio
                key={seconds}
                value={String(seconds)}
                label={label}
                data-autofocus={seconds === DEFAULT_SECONDS || undefined}
              />
            ))}
          </Stack>
        </Radio.Group>
      ) : (
        <p>{member.name} has no API key. The new one is shown once.</p>
      )}
    </Form>
  );
}
