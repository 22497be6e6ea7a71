'use client';

import { Button, Radio, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { sayProblem, useTRPC } from '@/components/data';
import styles from '@/components/money/money.module.css';
import { Note } from '@/components/ui/pieces';
import { NewKey } from './NewKey';

type Props = { member: { id: string; name: string }; onClose: () => void };

const OVERLAPS = [
  { seconds: 0, label: 'Now: the old key is refused at once' },
  { seconds: 3_600, label: 'In 1 hour' },
  { seconds: 86_400, label: 'In 24 hours' },
  { seconds: 604_800, label: 'In 7 days' },
];

/** Gives a member a new key; the person chooses when the old one ends. */
export function RotateKey({ member, onClose }: Props) {
  const [overlap, setOverlap] = useState('0');
  const rotate = useMutation(useTRPC().keys.rotateKey.mutationOptions({ gcTime: 0 }));
  if (rotate.data) return <NewKey apiKey={rotate.data.secrets.apiKey} onClose={onClose} />;
  return (
    <div className={styles.form}>
      <Radio.Group label="When does the old key end?" value={overlap} onChange={setOverlap}>
        <Stack gap="xs" mt="xs">
          {OVERLAPS.map(({ seconds, label }) => (
            <Radio key={seconds} value={String(seconds)} label={label} data-autofocus={seconds === 0 || undefined} />
          ))}
        </Stack>
      </Radio.Group>
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
        >
          Rotate key
        </Button>
      </div>
    </div>
  );
}
