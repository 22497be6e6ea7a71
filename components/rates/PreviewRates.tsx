'use client';

import { Button, Checkbox } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { toMicros } from '@/server/domain/core/money';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { Form, FormFoot, FormStack } from '@/components/ui/form/Form';
import type { FormState, useCommandForm } from '@/components/ui/form/useCommandForm';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Bone, Late, Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { Country } from './Country';
import styles from './rates.module.css';
import { countryName } from './search-params';

/** A rate card before its import; `file` is the name of a long one, whose text is not shown. */
export type ChosenRates = { csv: string; file: string | null; allowFree: boolean };

export type ImportForm = FormState &
  Pick<ReturnType<typeof useCommandForm<ChosenRates, object>>, 'values' | 'set' | 'field' | 'checkbox'>;

type Seen = inferOutput<ReturnType<typeof useTRPC>['rates']['previewRates']>;

/** Shows the changes that an import would make, and applies them. */
export function PreviewRates({ form, onBack }: { form: ImportForm; onBack: () => void }) {
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
