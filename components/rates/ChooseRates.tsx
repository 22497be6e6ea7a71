'use client';

import { Button, FileButton, Group, Textarea } from '@mantine/core';
import { FormFoot, FormStack } from '@/components/ui/form/Form';
import { Note } from '@/components/ui/pieces';
import { decodeText } from '@/server/domain/core/text-decoding';
import { type ImportForm } from './PreviewRates';

/** The largest rate card that the server accepts, in bytes. */
const MAX_BYTES = 8 * 1_048_576;

/** A longer text is not shown: a field with megabytes of text blocks the page. */
const SHOWN_CHARACTERS = 100_000;

const SAMPLE = 'country,prefix,price\nDE,,0.0750\nDE,4915,0.0695\nUS,,0.0079';

/** The first step of an import: a file, or a pasted text. */
export function ChooseRates({
  form,
  onCancel,
  onRead,
}: {
  form: ImportForm;
  onCancel: () => void;
  onRead: () => void;
}) {
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
