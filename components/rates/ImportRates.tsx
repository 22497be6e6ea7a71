'use client';

import { Button, Checkbox, FileButton, Group, Textarea } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { useState } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import { useCommandForm, type FormState } from '@/components/ui/form/useCommandForm';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Bone, Late, Note } from '@/components/ui/pieces';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { decodeText } from '@/server/domain/core/text-decoding';
import { Country } from './Country';
import styles from './rates.module.css';
import { countryName } from './search-params';

/** The largest rate card that the server accepts, in bytes. */
const MAX_BYTES = 8 * 1_048_576;

/** A longer text is not shown: a field with megabytes of text blocks the page. */
const SHOWN_CHARACTERS = 100_000;

const SAMPLE = 'country,prefix,price\nDE,,0.0750\nDE,4915,0.0695\nUS,,0.0079';

type Chosen = { csv: string; file: string | null; allowFree: boolean };

const EMPTY: Chosen = { csv: '', file: null, allowFree: false };

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
  if (isRead) return <Preview form={form} onBack={() => setIsRead(false)} />;
  return <Choose form={form} onCancel={onClose} onRead={() => setIsRead(true)} />;
}

type ImportForm = FormState &
  Pick<ReturnType<typeof useCommandForm<Chosen, object>>, 'values' | 'set' | 'field' | 'checkbox'>;

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

type Seen = inferOutput<ReturnType<typeof useTRPC>['rates']['previewRates']>;

function Preview({ form, onBack }: { form: ImportForm; onBack: () => void }) {
  const { csv, allowFree } = form.values;
  const seen = useQuery(
    useTRPC().rates.previewRates.queryOptions({ csv }, { gcTime: 0, trpc: { context: { alone: true } } }),
  );
  if (seen.isError) return <Failed problem={problemOf(seen.error)} onRetry={() => void seen.refetch()} />;
  if (!seen.data) {
    return (
      <Late>
        <Bone width="80%" />
      </Late>
    );
  }
  const { problems, rows, free, unclearPrice } = seen.data;
  const back = (
    <Button variant="default" onClick={onBack}>
      Back
    </Button>
  );
  const warnings = (
    <>
      {unclearPrice && <UnclearPrice {...unclearPrice} />}
      {free.length > 0 && <FreeRows {...seen.data} allow={form.checkbox('allowFree')} />}
    </>
  );
  if (problems.length > 0) {
    return (
      <FormStack>
        <Problems {...seen.data} />
        {warnings}
        <FormFoot>{back}</FormFoot>
      </FormStack>
    );
  }
  return (
    <Form
      form={form}
      submit={`Replace all prices with these ${rows}`}
      isReady={free.length === 0 || allowFree}
      more={back}
    >
      <Changes seen={seen.data} />
      {warnings}
    </Form>
  );
}

/** Shows how prices with a comma were read, where the comma may have been meant to separate thousands. */
function UnclearPrice({ typed, price }: NonNullable<Seen['unclearPrice']>) {
  const { currency } = useShell().team;
  return (
    <Note tone="warn">
      <strong>Check the prices with a comma.</strong> “{typed}” was read as{' '}
      <Money amount={toMicros(price)} currency={currency} decimals="all" />. If the comma separates thousands, remove
      it.
    </Note>
  );
}

/** Lists the free rates and asks for confirmation. */
function FreeRows({
  free,
  freeRows,
  allow,
}: Pick<Seen, 'free' | 'freeRows'> & { allow: { checked: boolean; onChange: () => void } }) {
  const { locale } = useLocale();
  const named = free.map((row) => (/^[A-Z]{2}$/.test(row) ? countryName(row, locale) : row)).join(', ');
  const more = freeRows - free.length;
  return (
    <Note tone="warn">
      <strong>Messages to these destinations are free:</strong> {named}
      {more > 0 && ` and ${more.toLocaleString(locale)} more`}. Members can send there without limit.
      <Checkbox mt="xs" label="Allow free messages" {...allow} />
    </Note>
  );
}

function Problems({ problems, problemCount }: Pick<Seen, 'problems' | 'problemCount'>) {
  return (
    <>
      <Note tone="bad" alert>
        <strong>Nothing was imported.</strong> Fix {problemCount === 1 ? '1 line' : `${problemCount} lines`} and try
        again.{problemCount > problems.length && ` The first ${problems.length} are listed.`}
      </Note>
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must be reachable by keyboard */}
      <section className={styles.rows} aria-label="Errors by line" tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Error</th>
            </tr>
          </thead>
          <tbody>
            {problems.map(({ line, detail }) => (
              <tr key={line}>
                <td className="tabular">{line}</td>
                <td>{detail}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </>
  );
}

function Changes({ seen }: { seen: Seen }) {
  const { currency } = useShell().team;
  const { changed, added, removed, unchanged, differences } = seen;
  const all = changed + added + removed;
  const prices = differences.flatMap(({ before, after }) => [toMicros(before ?? '0.00'), toMicros(after ?? '0.00')]);
  const decimals = decimalsOf(prices, currency);
  const price = (amount: string | null) =>
    amount === null ? '–' : <Money amount={toMicros(amount)} currency={currency} decimals={decimals} />;
  return (
    <>
      <ul className={styles.counts}>
        <li>{changed} changed</li>
        <li>{added} new</li>
        <li>{removed} removed</li>
        <li className="muted">{unchanged} unchanged</li>
      </ul>
      {all === 0 ? (
        <p>No changes: the team already has these prices.</p>
      ) : (
        <>
          {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- scrollable content must be reachable by keyboard */}
          <section className={styles.rows} aria-label="Changes" tabIndex={0}>
            <table>
              <thead>
                <tr>
                  <th scope="col">Country, prefix</th>
                  <th scope="col" data-right>
                    {' '}
                    Current{' '}
                  </th>
                  <th scope="col" data-right>
                    {' '}
                    New{' '}
                  </th>
                </tr>
              </thead>
              <tbody>
                {differences.map(({ country, prefix, before, after }) => (
                  <tr key={`${country}/${prefix}`}>
                    <td>
                      {country && <Country code={country} />} {prefix && <code>+{prefix}</code>}
                    </td>
                    <td data-right>{price(before)}</td>
                    <td data-right>{price(after)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          {all > differences.length && (
            <p className="muted">
              The first {differences.length} of {all}.
            </p>
          )}
        </>
      )}
    </>
  );
}
