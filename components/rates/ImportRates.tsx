'use client';

import { Button, FileButton, Group, Textarea } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { problemOf, useTRPC } from '@/components/data';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { useCommandForm } from '@/components/ui/form/useCommandForm';
import { Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { decodeText } from '@/server/domain/core/text-decoding';
import { PreviewRates, type ChosenRates, type ImportForm } from './PreviewRates';

/** The largest rate card that the server accepts, in bytes. */
const MAX_BYTES = 8 * 1_048_576;

/** A longer text is not shown: a field with megabytes of text blocks the page. */
const SHOWN_CHARACTERS = 100_000;

const SAMPLE = 'country,prefix,price\nDE,,0.0750\nDE,4915,0.0695\nUS,,0.0079';

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
  return <Choose form={form} onCancel={onClose} onRead={() => setIsRead(true)} />;
}

function Choose({ form, onCancel, onRead }: { form: ImportForm; onCancel: () => void; onRead: () => void }) {
  const { csv, file } = form.values;
  const isTooLong = new Blob([csv]).size > MAX_BYTES;
  const choose = async (chosen: File | null) => {
    if (!chosen) return;
    const text = decodeText(new Uint8Array(await chosen.arrayBuffer()));
    form.set('csv', text);
    form.set('file', text.length > SHOWN_CHARACTERS ? chosen.name : null);
  };
  const problem = isTooLong ? 'The rate card is larger than 8 MiB.' : undefined;
  return (
    <FormStack>
      <p>
        A CSV with the columns <code>country</code>, <code>prefix</code> and <code>price</code>, up to 100,000 rows. It
        replaces all prices; messages already accepted keep theirs.
      </p>
      <Group>
        <FileButton
          accept=".csv,.tsv,.txt,text/csv,text/plain"
          onChange={(chosen) => void choose(chosen)}
          inputProps={{ 'aria-label': 'Choose file' }}
        >
          {(props) => (
            <Button {...props} variant="default" size="xs">
              Choose file
            </Button>
          )}
        </FileButton>
        <span className="muted">{file ?? 'or paste below'}</span>
      </Group>
      {file === null ? (
        <Textarea
          aria-label="Prices as CSV"
          classNames={{ input: 'mono' }}
          placeholder={SAMPLE}
          rows={8}
          {...form.field('csv')}
          error={problem}
          data-autofocus
        />
      ) : (
        problem && <Note tone="bad">{problem}</Note>
      )}
      <FormFoot>
        <Button variant="default" onClick={onCancel}>
          Cancel
        </Button>
        <Button disabled={csv.trim() === '' || isTooLong} onClick={onRead}>
          Review changes
        </Button>
      </FormFoot>
    </FormStack>
  );
}
