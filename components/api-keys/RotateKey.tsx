'use client';

import { Button, Radio, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/ui/form/form.module.css';
import { Note } from '@/components/ui/pieces';
import { OVERLAPS } from './labels';
import { NewKey } from './NewKey';

type Props = { member: { id: string; name: string; apiKey: object | null }; onClose: () => void };

/** Enough time to replace a key everywhere, so that an accidental rotation interrupts nothing. */
const DEFAULT_SECONDS = 86_400;

/** Rotates a member's API key; the user chooses when the old key, if any, stops working. */
export function RotateKey({ member, onClose }: Props) {
  const [overlap, setOverlap] = useState(String(DEFAULT_SECONDS));
  const rotate = useMutation(useTRPC().keys.rotateKey.mutationOptions({ gcTime: 0 }));
  if (rotate.data) return <NewKey apiKey={rotate.data.secrets.apiKey} onClose={onClose} />;
  return (
    <div className={styles.form}>
      {member.apiKey ? (
        <Radio.Group label="When should the old key stop working?" value={overlap} onChange={setOverlap}>
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
      {rotate.isError && (
        <Note tone="bad" alert>
          {sayProblem(rotate.error)}
        </Note>
      )}
      <div className={styles.foot}>
        <Button variant="default" onClick={onClose}>
          Cancel
        </Button>
        <Button
          loading={rotate.isPending}
          onClick={() => rotate.mutate({ memberId: member.id, overlapSeconds: Number(overlap) })}
          data-autofocus={member.apiKey === null || undefined}
        >
          {member.apiKey ? 'Rotate key' : 'Create API key'}
        </Button>
      </div>
    </div>
  );
}
