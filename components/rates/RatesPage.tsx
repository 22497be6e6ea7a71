'use client';

import { Button } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery, useMutation } from '@tanstack/react-query';
import type { inferOutput } from '@trpc/tanstack-react-query';
import { Download, Upload } from 'lucide-react';
import dynamic from 'next/dynamic';
import { useQueryStates } from 'nuqs';
import { SAMPLE_CURRENCY, toMicros } from '@/server/domain/core/money';
import { problemOf, sayProblem, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { ShowMore } from '@/components/ui/ShowMore';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { useDialogs } from '@/components/ui/dialogs';
import { Failed } from '@/components/ui/Failed';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Empty, Note } from '@/components/ui/pieces';
import { SearchField } from '@/components/ui/SearchField';
import tableStyles from '@/components/ui/table.module.css';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { toast } from '@/components/ui/toast';
import { useLocale } from '@/components/ui/useLocale';
import { Country } from './Country';
import styles from './rates.module.css';
import { rateFilter, rateQuestion, rateView } from './search-params';

const ImportRates = dynamic(() => import('./ImportRates').then((file) => file.ImportRates));

type Rate = inferOutput<ReturnType<typeof useTRPC>['rates']['listRates']>['data'][number];

/** Lists the team's prices per segment by country and prefix, with search, import and export. */
export function RatesPage() {
  const { team } = useShell();
  const { locale } = useLocale();
  const [{ q }, setView] = useQueryStates(rateView, { history: 'replace' });
  const open = useDialogs();
  const filter = rateFilter(q, locale);
  const load = () => open({ title: 'Import prices', size: 'lg', body: (close) => <ImportRates onClose={close} /> });
  return (
    <>
      {team.samplePrices && <SamplePrices />}
      <search className={tableStyles.toolbar}>
        <SearchField
          label="Search prices"
          placeholder="Search country or prefix…"
          value={q}
          onChange={(text) => void setView({ q: text || null })}
        />
        {filter?.country && <Country code={filter.country} />}
        <span className={tableStyles.push} />
        <Button size="xs" variant="default" leftSection={<Upload size={14} aria-hidden />} onClick={load}>
          Import
        </Button>
        <Button
          size="xs"
          variant="default"
          component="a"
          href={`/${team.slug}/export/rates`}
          download
          leftSection={<Download size={14} aria-hidden />}
        >
          CSV
        </Button>
      </search>
      <RateTable filter={filter} onClear={() => void setView({ q: null })} onImport={load} />
    </>
  );
}

/** Asks the owner to confirm or replace the sample prices that a new team starts with. */
function SamplePrices() {
  const { currency } = useShell().team;
  const confirm = useMutation(
    useTRPC().rates.confirmRates.mutationOptions({
      onSuccess: () => toast({ message: 'Prices confirmed.' }),
      onError: (error) => toast({ message: sayProblem(error), tone: 'bad' }),
    }),
  );
  return (
    <div className={styles.note}>
      <Note
        tone="warn"
        action={
          <Button size="xs" loading={confirm.isPending} onClick={() => confirm.mutate({})}>
            Confirm prices
          </Button>
        }
      >
        You’re using sample prices, and messages are charged by them. Import your own, or confirm these.
        {currency !== SAMPLE_CURRENCY &&
          ` They come from a ${SAMPLE_CURRENCY} price list and were not converted: your team charges the same numbers in ${currency}.`}
      </Note>
    </div>
  );
}

type TableProps = { filter: ReturnType<typeof rateFilter>; onClear: () => void; onImport: () => void };

function RateTable({ filter, onClear, onImport }: TableProps) {
  const { currency } = useShell().team;
  const list = useInfiniteQuery(
    useTRPC().rates.listRates.infiniteQueryOptions(rateQuestion(filter ?? {}), {
      getNextPageParam: (page) => page.nextCursor,
      placeholderData: keepPreviousData,
      enabled: filter !== null,
    }),
  );
  // A code that belongs to no country has no rates; this is not an error.
  const isUnknown = filter === null || (!list.data && problemOf(list.error)?.code === 'invalid_request');
  const rows = isUnknown ? [] : list.data?.pages.flatMap((page) => page.data);
  if (list.isError && !rows) return <Failed problem={problemOf(list.error)} onRetry={() => void list.refetch()} />;
  if (!rows) return <TableSkeleton />;
  if (rows.length === 0) {
    const isAll = filter !== null && Object.keys(filter).length === 0;
    return isAll ? (
      <Empty title="No prices yet" action={<Button onClick={onImport}>Import prices</Button>}>
        A message can only be sent to a country that has a price.
      </Empty>
    ) : (
      <Empty
        title="No matching prices"
        action={
          <Button variant="default" onClick={onClear}>
            Clear search
          </Button>
        }
      >
        Search by country name or code, or by the first digits of a number.
      </Empty>
    );
  }
  return (
    <>
      <DataTable
        label="Prices"
        columns={columnsOf(rows, currency)}
        rows={rows}
        idOf={({ country, prefix }) => `${country ?? ''}/${prefix}`}
        nameOf={({ country, prefix }) => `${country ?? ''} ${prefix}`}
        stale={list.isPlaceholderData}
      />
      <ShowMore list={list} shown={rows.length} />
    </>
  );
}

function columnsOf(rows: Rate[], currency: string): Column<Rate>[] {
  const prices = rows.map(({ price }) => toMicros(price));
  const decimals = decimalsOf(prices, currency);
  return [
    {
      id: 'country',
      header: 'Country',
      main: true,
      cell: ({ country }) =>
        country === null ? (
          <span className="muted">Any</span>
        ) : (
          <>
            <Country code={country} /> ({country})
          </>
        ),
    },
    {
      id: 'prefix',
      header: 'Prefix',
      cell: ({ prefix }) => (prefix === '' ? <span className="muted">All prefixes</span> : <code>+{prefix}</code>),
    },
    {
      id: 'price',
      header: 'Price per segment',
      right: true,
      cell: ({ price }) => <Money amount={toMicros(price)} currency={currency} decimals={decimals} />,
    },
  ];
}
