'use client';

import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Download } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { useTRPC } from '@/components/data';
import { MemberPicker } from '@/components/members/MemberPicker';
import { useShell } from '@/components/layout/useShell';
import { DayField } from '@/components/ui/DayField';
import { FilterChip } from '@/components/ui/FilterChip';
import { Empty } from '@/components/ui/pieces';
import tableStyles from '@/components/ui/table.module.css';
import { AuditTable } from './AuditTable';
import { auditFilter, auditQuestion, auditView, NO_FILTERS, type AuditView } from './search-params';
import { TOPIC_LABELS, CHANNEL_LABELS } from './labels';
import { AUDIT_CHANNELS, AUDIT_NOUNS } from '@/server/domain/core/audit-vocabulary';

/** Lists the team's audit log with its filters and export. */
export function AuditPage() {
  const { slug } = useShell().team;
  const [view, setView] = useQueryStates(auditView, { history: 'replace' });
  const change = (next: Partial<AuditView>) => void setView(next);
  const isFiltered = Object.values(view).some((value) => value !== null);
  return (
    <>
      <search className={tableStyles.toolbar}>
        <MemberPicker
          label="Member"
          placeholder="Any member"
          value={view.member}
          onChange={(member) => change({ member })}
        />
        <WhoChip value={view.who} onChange={(who) => change({ who })} />
        <FilterChip
          label="Action"
          single
          options={withOwn(
            AUDIT_NOUNS.map((value) => ({ value: value as string, label: TOPIC_LABELS[value] })),
            view.what,
          )}
          chosen={view.what === null ? [] : [view.what]}
          onChange={([what = null]) => change({ what })}
        />
        <FilterChip
          label="Via"
          single
          options={AUDIT_CHANNELS.map((value) => ({ value, label: CHANNEL_LABELS[value] }))}
          chosen={view.channel === null ? [] : [view.channel]}
          onChange={([channel = null]) => change({ channel })}
        />
        <DayField label="From day (UTC)" value={view.from} onChange={(from) => change({ from })} />
        <DayField label="To day (UTC)" value={view.to} onChange={(to) => change({ to })} />
        {isFiltered && (
          <Button size="xs" variant="subtle" onClick={() => change(NO_FILTERS)}>
            Clear
          </Button>
        )}
        <span className={tableStyles.push} />
        <Button
          size="xs"
          variant="default"
          component="a"
          href={`/${slug}/export/audit?${new URLSearchParams(auditFilter(view)).toString()}`}
          leftSection={<Download size={14} aria-hidden />}
        >
          CSV
        </Button>
      </search>
      <AuditTable
        question={auditQuestion(view)}
        empty={
          <Empty
            title={isFiltered ? 'No matching events' : 'No events yet'}
            action={
              isFiltered && (
                <Button variant="default" onClick={() => change(NO_FILTERS)}>
                  Clear filters
                </Button>
              )
            }
          >
            {!isFiltered && 'Changes to the team appear here.'}
          </Empty>
        }
      />
    </>
  );
}

type Option = { value: string; label: string };

/** Adds the value of the URL to the options if it is missing there. */
const withOwn = (options: Option[], own: string | null): Option[] =>
  own === null || options.some(({ value }) => value === own) ? options : [...options, { value: own, label: own }];

function WhoChip({ value, onChange }: { value: string | null; onChange: (who: string | null) => void }) {
  const actors = useQuery(useTRPC().audit.pickActors.queryOptions()).data ?? [];
  const options = actors.flatMap(({ type, id, name }) =>
    id === null ? [] : [{ value: id, label: type === 'key' ? `${name} (API key)` : name }],
  );
  return (
    <FilterChip
      label="Actor"
      single
      options={withOwn([...options, { value: 'operator', label: 'Operator' }], value)}
      chosen={value === null ? [] : [value]}
      onChange={([who = null]) => onChange(who)}
    />
  );
}
