'use client';

import { Button, Tabs } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { Failed } from '@/components/ui/Failed';
import { Pager } from '@/components/ui/Pager';
import { Bone, Figure, Figures, Late, Note } from '@/components/ui/pieces';
import { formatDay } from '@/components/ui/day';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import { useLocale } from '@/components/ui/useLocale';
import { addDays, daysIn, RANGE_MAX_DAYS, type Range } from '@/server/domain/messaging/usage/rules';
import { DayChart } from './DayChart';
import { NothingSent } from './NothingSent';
import styles from './statistics.module.css';
import { Toolbar } from './Toolbar';
import { UsageFigures } from './UsageFigures';
import { UsageTable } from './UsageTable';
import {
  DAYS_A_PAGE,
  exportUsageQuery,
  groupOf,
  MEASURES,
  orderOf,
  ROWS_A_PAGE,
  statisticsView,
  usageQuestion,
  type StatisticsView as View,
  type UsageQuestion,
} from './search-params';
import { GROUPING_LABELS, MEASURE_LABELS, spanBefore } from './labels';
import type { Usage } from './figures';

/**
 * Shows usage and cost over a range of UTC days, compared with the previous range.
 * @param onlyMemberId the ID of the only member to show; null for the whole team
 */
export function StatisticsView({ onlyMemberId }: { onlyMemberId: string | null }) {
  const [view, setView] = useQueryStates(statisticsView, { history: 'replace' });
  const question = usageQuestion(view, onlyMemberId);
  const result = useQuery(
    useTRPC().reports.browseUsage.queryOptions(question ?? {}, {
      placeholderData: keepPreviousData,
      enabled: question !== null,
    }),
  );
  const change = (next: Partial<View>) => void setView({ page: null, ...next });
  const usage = question && result.data;
  return (
    <>
      <Toolbar view={view} question={question} onChange={change} isHeld={onlyMemberId !== null} />
      {question === null && <NoRange onChange={change} />}
      {question && result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      {question && result.isPending && !result.isError && <Skeleton />}
      {usage && (
        <Content
          view={view}
          usage={usage}
          question={question}
          onlyMemberId={onlyMemberId}
          onChange={change}
          stale={result.isPlaceholderData}
        />
      )}
    </>
  );
}

type Props = {
  view: View;
  usage: Usage;
  question: UsageQuestion;
  onlyMemberId: string | null;
  onChange: (next: Partial<View>) => void;
  stale: boolean;
};

function Content(props: Props) {
  const { view, usage, onlyMemberId, onChange } = props;
  const { locale } = useLocale();
  const { now, before } = usage.total;
  const span = view.compare ? spanBefore(daysIn(usage.range), locale) : null;
  const by = groupOf(view, onlyMemberId);
  const isEmpty = now.messages === 0 && (span === null || before.messages === 0);
  return (
    <>
      <Days usage={usage} compare={view.compare} />
      <UsageFigures total={usage.total} span={span} />
      {isEmpty ? (
        <NothingSent view={view} onlyMemberId={onlyMemberId} range={usage.range} onChange={onChange} />
      ) : (
        <Tabs
          value={by}
          onChange={(next) => onChange({ by: next as typeof by, sort: null, dir: null })}
          keepMounted={false}
        >
          <div className={styles.bar}>
            <Tabs.List>
              {Object.entries(GROUPING_LABELS)
                .filter(([id]) => onlyMemberId === null || id !== 'member')
                .map(([id, label]) => (
                  <Tabs.Tab key={id} value={id}>
                    {label}
                  </Tabs.Tab>
                ))}
            </Tabs.List>
            <div className={styles.tools}>
              <MeasureSwitch view={view} onChange={onChange} />
              <CsvLink question={props.question} />
            </div>
          </div>
          {Object.keys(GROUPING_LABELS).map((id) => (
            <Tabs.Panel key={id} value={id}>
              {id === by && <Groups {...props} span={span} />}
            </Tabs.Panel>
          ))}
        </Tabs>
      )}
    </>
  );
}

function Groups({ view, usage, question, onChange, stale, span }: Props & { span: string | null }) {
  const isOfDays = usage.groupBy === 'day';
  const page = Math.max(1, view.page);
  const rows = isOfDays ? usage.data.slice((page - 1) * DAYS_A_PAGE, page * DAYS_A_PAGE) : usage.data;
  const { sort, direction } = orderOf({ ...view, by: usage.groupBy });
  const sortBy = (by: string) => {
    const first = by === 'name' && !isOfDays ? 'asc' : 'desc';
    const dir = sort !== by ? first : direction === 'asc' ? 'desc' : 'asc';
    onChange({ sort: by as typeof sort, dir });
  };
  return (
    <div className={styles.groups}>
      {isOfDays && <DayChart usage={usage} measure={view.measure} span={span} />}
      <div className={styles.table}>
        <UsageTable
          usage={usage}
          rows={rows}
          question={question}
          measure={view.measure}
          compare={view.compare}
          stale={stale}
          onSort={sortBy}
        />
        <Pager
          page={page}
          pageSize={isOfDays ? DAYS_A_PAGE : ROWS_A_PAGE}
          total={usage.groups}
          onPage={(next) => onChange({ page: next })}
          noun={{ day: 'days', member: 'members', country: 'countries' }[usage.groupBy]}
        />
      </div>
    </div>
  );
}

const MeasureSwitch = ({ view, onChange }: Pick<Props, 'view' | 'onChange'>) => (
  <Button.Group aria-label="Measure">
    {MEASURES.map((measure) => (
      <Button
        key={measure}
        size="xs"
        variant="default"
        className={styles.measure}
        aria-pressed={view.measure === measure}
        onClick={() => onChange({ measure })}
      >
        {MEASURE_LABELS[measure]}
      </Button>
    ))}
  </Button.Group>
);

/** Exports all groups as CSV, including those on other pages. */
const CsvLink = ({ question }: Pick<Props, 'question'>) => (
  <Button
    size="xs"
    variant="default"
    component="a"
    href={`/${useShell().team.slug}/export/usage?${exportUsageQuery(question)}`}
    leftSection={<Download size={14} aria-hidden />}
  >
    CSV
  </Button>
);

/** Shows the range and the range it is compared with. */
function Days({ usage, compare }: { usage: Usage; compare: boolean }) {
  const { locale } = useLocale();
  const say = ({ from, to }: Range) =>
    daysIn({ from, to }) === 1
      ? formatDay(from, locale)
      : `${formatDay(from, locale)} – ${formatDay(addDays(to, -1), locale)}`;
  return (
    <p className={`muted ${styles.days}`} suppressHydrationWarning>
      {say(usage.range)}
      {compare && ` vs ${say(usage.rangeBefore)}`} (UTC)
    </p>
  );
}

const NoRange = ({ onChange }: Pick<Props, 'onChange'>) => (
  <Note
    tone="warn"
    alert
    action={
      <Button size="xs" variant="default" onClick={() => onChange({ range: '12-months', from: null, to: null })}>
        Last 12 months
      </Button>
    }
  >
    Choose a range of 1 to {RANGE_MAX_DAYS} days that starts before it ends.
  </Note>
);

const Skeleton = () => (
  <Late>
    <div className={styles.figures}>
      <Figures>
        {['Cost', 'Messages', 'Segments', 'Delivered', 'Failed'].map((label) => (
          <Figure key={label} label={label} main={<Bone width="5rem" />} note={<Bone width="9rem" />} />
        ))}
      </Figures>
    </div>
    <TableSkeleton />
  </Late>
);
