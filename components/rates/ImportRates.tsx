'use client';

import { ChooseRates } from './ChooseRates';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf, useTRPC } from '@/components/data';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { toast } from '@/components/ui/toast';
import { PreviewRates, type ChosenRates } from './PreviewRates';

const EMPTY: ChosenRates = { csv: '', file: null, allowFree: false };

/** Imports a rate card from a file or a pasted text: previews the changes, then applies them. */
export function ImportRates({ onClose }: { onClose: () => void }) {
  const [isRead, setIsRead] = useState(false);
  const load = useMutation(
    useTRPC().rates.importRates.mutationOptions({
      onSuccess: ({ rows }) => {
        toast({ message: `Rate card replaced: ${rows} ${rows === 1 ? 'price' : 'prices'}.` });
        onClose();
      },
    }),
  );
  const form = useCommandForm({
    initial: EMPTY,
    command: load,
    inputOf: ({ csv, allowFree }) => ({ csv, allowFree }),
    say: (error) => (
      <>
        <strong>Prices were not changed.</strong> {problemOf(error)?.detail}
      </>
    ),
    draft: 'rates',
  });
  if (isRead) return <PreviewRates form={form} onBack={() => setIsRead(false)} />;
  return <ChooseRates form={form} onCancel={onClose} onRead={() => setIsRead(true)} />;
}
