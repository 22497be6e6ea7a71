'use client';

import Link from 'next/link';
import type { CSSProperties, ReactNode } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { STATUS_LABELS } from '@/components/members/labels';
import { Country } from '@/components/rates/Country';
import { useShell } from '@/components/layout/useShell';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { formatDay } from '@/components/ui/day';
import { toUnits } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { Bars } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';
import { sizeOf, type Usage } from './figures';
import styles from './statistics.module.css';
import { logQuery, type Measure, type UsageQuestion } from './search-params';
import { changeOf, GROUP_LABELS, GROUPING_LABELS, MEASURE_LABELS, percent } from './labels';

export type Row = Usage['data'][number];

type Props = {
  usage: Usage;
  rows: Row[];
  question: UsageQuestion;
  measure: Measure;
  compare: boolean;
  stale: boolean;
  onSort: (by: string) => void;
};

/** The groups as a table; members and countries also have their share and trend. */
export function UsageTable({ usage, rows, question, measure, compare, stale, onSort }: Props) {
  const { locale } = useLocale();
  const { groupBy } = usage;
  const order = { by: question.sort, direction: question.direction };
  return (
    <DataTable
      label={GROUPING_LABELS[groupBy]}
      columns={useColumns({ usage, rows, question, measure, compare })}
      rows={rows}
      idOf={({ key }) => key}
      nameOf={({ key, member }) => member?.name ?? (groupBy === 'day' ? formatDay(key, locale) : key)}
      sort={order}
      onSort={onSort}
      stale={stale}
    />
  );
}

function useColumns(props: Pick<Props, 'usage' | 'rows' | 'question' | 'measure' | 'compare'>): Column<Row>[] {
  const { usage, rows, question, measure, compare } = props;
  const { locale } = useLocale();
  const { slug, currency } = useShell().team;
  const number = (value: number) => value.toLocaleString(locale);
  const figure = (id: 'segments' | 'failed', header: string): Column<Row> => ({
    id,
    header,
    right: true,
    sortable: true,
    cell: ({ now }) => number(now[id]),
  });
  const pictures = usage.groupBy === 'day' ? [] : pictureColumns({ usage, rows, measure, compare, locale });
  return [
    {
      id: 'name',
      header: GROUP_LABELS[usage.groupBy],
      main: true,
      sortable: true,
      cell: (row) => <Name row={row} of={usage.groupBy} />,
    },
    ...pictures,
    {
      id: 'messages',
      header: 'Messages',
      right: true,
      sortable: true,
      cell: (row) =>
        row.now.messages === 0 ? (
          0
        ) : (
          <Link
            href={`/${slug}/messages?${logQuery(question, onlyOf(usage, row))}`}
            prefetch={false}
            className={styles.quiet}
          >
            {number(row.now.messages)}
          </Link>
        ),
    },
    figure('segments', 'Segments'),
    {
      id: 'delivered',
      header: 'Delivered',
      right: true,
      sortable: true,
      cell: ({ now }) => (
        <span>
          {number(now.delivered)} <span className={styles.share}>{percent(now.delivered, now.messages, locale)}</span>
        </span>
      ),
    },
    figure('failed', 'Failed'),
    {
      id: 'cost',
      header: 'Cost',
      right: true,
      sortable: true,
      cell: ({ now }) => <Money amount={toMicros(now.cost)} currency={currency} />,
    },
    ...(compare ? comparedColumns(measure, locale, currency) : []),
  ];
}

const onlyOf = ({ groupBy }: Usage, { key }: Row) =>
  groupBy === 'day' ? { day: key } : groupBy === 'member' ? { memberId: key } : { country: key };

function Name({ row: { key, member }, of }: { row: Row; of: Usage['groupBy'] }): ReactNode {
  const { slug } = useShell().team;
  const { locale } = useLocale();
  if (of === 'day') return <span suppressHydrationWarning>{formatDay(key, locale)}</span>;
  if (!member) return <Country code={key} />;
  return (
    <Link href={`/${slug}/members/${key}`} prefetch={false} title={member.name} className={styles.name}>
      {member.name}
      {member.status !== 'active' && <span className="muted"> ({STATUS_LABELS[member.status].toLowerCase()})</span>}
    </Link>
  );
}

const comparedColumns = (measure: Measure, locale: string, currency: string): Column<Row>[] => [
  {
    id: 'before',
    header: 'Previous',
    right: true,
    cell: ({ before }) => (
      <span className="muted">
        {measure === 'cost' ? (
          <Money amount={toMicros(before.cost)} currency={currency} />
        ) : (
          before.messages.toLocaleString(locale)
        )}
      </span>
    ),
  },
  {
    id: 'change',
    header: 'Change',
    right: true,
    cell: ({ now, before }) => changeOf(sizeOf(now, measure), sizeOf(before, measure), locale),
  },
];

type Pictured = Pick<Props, 'usage' | 'rows' | 'measure' | 'compare'> & { locale: string };

/** Returns the chart columns of members and countries: a bar relative to the largest row, and a trend. */
function pictureColumns({ usage, rows, measure, compare, locale }: Pictured): Column<Row>[] {
  const name = MEASURE_LABELS[measure];
  const whole = sizeOf(usage.total.now, measure);
  const drawnRows = rows.flatMap(({ now, before }) => [
    sizeOf(now, measure),
    ...(compare ? [sizeOf(before, measure)] : []),
  ]);
  const top = Math.max(...drawnRows, 0);
  const length = (size: number) => ({ '--length': `${top === 0 ? 0 : (100 * size) / top}%` }) as CSSProperties;
  return [
    {
      id: 'share',
      header: `Share of ${name.toLowerCase()}`,
      cell: ({ now, before }) => (
        <span className={styles.meter}>
          <span aria-hidden>
            <span data-mark="now" style={length(sizeOf(now, measure))} />
            {compare && <span data-mark="before" style={length(sizeOf(before, measure))} />}
          </span>
          {percent(sizeOf(now, measure), whole, locale)}
        </span>
      ),
    },
    {
      id: 'spark',
      header: 'Trend',
      cell: ({ spark }) => (
        <span className={styles.spark}>
          <Bars
            label={`${name} over the range`}
            values={
              measure === 'cost' ? (spark?.cost ?? []).map((cost) => toUnits(toMicros(cost))) : (spark?.messages ?? [])
            }
          />
        </span>
      ),
    },
  ];
}
