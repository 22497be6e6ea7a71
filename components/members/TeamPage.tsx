'use client';

import { Button, Group } from '@mantine/core';
import { useLocalStorage } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Columns3, Download, MailPlus, Plus } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { problemOf, useTRPC } from '@/components/data';
import { useInvitationDialogs } from '@/components/invitations/useInvitationDialogs';
import { useShell } from '@/components/layout/useShell';
import { DataTable, type Sort } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { ChoiceMenu, FilterChip } from '@/components/ui/FilterChip';
import { Pager } from '@/components/ui/Pager';
import { Empty, PageHead } from '@/components/ui/pieces';
import { SearchField } from '@/components/ui/SearchField';
import { useShortcut } from '@/components/ui/shortcuts';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import tableStyles from '@/components/ui/table.module.css';
import { BulkBar } from './BulkBar';
import { CHOOSABLE, HIDDEN_AT_FIRST, memberColumns } from './columns';
import { RULE_FILTER_LABELS } from '@/components/auto-recharge/labels';
import { ROLE_LABELS, STATUS_LABELS } from './labels';
import { RowActions } from './RowActions';
import { TeamFigures } from './TeamFigures';
import { useMemberDialogs } from './useMemberActions';
import { useSelection } from './useSelection';
import { memberFilter, memberQuestion, memberView, type MemberView } from './search-params';

/** The team page: lists the members, with search, filters, and actions on one or many. */
export function TeamPage() {
  const { team } = useShell();
  const [view, setView] = useQueryStates(memberView, { history: 'replace' });
  const [hidden, setHidden] = useLocalStorage<string[]>({ key: 'purser-columns', defaultValue: HIDDEN_AT_FIRST });
  const { create } = useMemberDialogs();
  const { invite } = useInvitationDialogs();
  const question = memberQuestion(view);
  const page = useQuery(useTRPC().members.browseMembers.queryOptions(question, { placeholderData: keepPreviousData }));
  const selection = useSelection(page.data?.data);
  const change = (next: Partial<MemberView>) => void setView({ page: null, ...next });
  const sortBy = (by: string) =>
    change({ sort: by as MemberView['sort'], dir: view.sort === by && view.dir === 'asc' ? 'desc' : 'asc' });
  const isAlone = page.data?.all === 1 && page.data.total === 1;
  useShortcut('c', 'Create member', create);
  useShortcut('i', 'Invite someone', () => invite());
  return (
    <>
      <PageHead title="Members">
        <Button variant="default" leftSection={<MailPlus size={16} aria-hidden />} onClick={() => invite()}>
          Invite
        </Button>
        <Button leftSection={<Plus size={16} aria-hidden />} onClick={create}>
          Create member
        </Button>
      </PageHead>
      <TeamFigures />
      <Toolbar view={view} onChange={change} hidden={hidden} onHide={setHidden} counts={page.data} />
      {page.isError && <Failed problem={problemOf(page.error)} onRetry={() => void page.refetch()} />}
      {page.isPending && <TableSkeleton />}
      {page.data && page.data.total === 0 && <Nothing view={view} onChange={change} />}
      {page.data && page.data.total > 0 && (
        <>
          <DataTable
            label="Members"
            columns={memberColumns(team)}
            hidden={hidden}
            rows={page.data.data}
            idOf={(member) => member.id}
            nameOf={(member) => member.name}
            sort={{ by: view.sort, direction: view.dir } satisfies Sort}
            onSort={sortBy}
            selection={selection}
            actions={(member) => <RowActions member={member} />}
            stale={page.isPlaceholderData}
          />
          <Pager
            noun="members"
            page={question.page}
            pageSize={question.pageSize}
            total={page.data.total}
            onPage={(next) => void setView({ page: next })}
          />
        </>
      )}
      {isAlone && <FirstMember />}
      {page.data && (
        <BulkBar
          selection={selection}
          filter={memberFilter(view)}
          total={page.data.total}
          onPage={page.data.data.length}
        />
      )}
    </>
  );
}

/** Returns the number of matches and of all members; deleted members don't count in the latter. */
const countOf = ({ total, all }: { total: number; all: number }, { status }: MemberView): string =>
  status.includes('deleted')
    ? total.toLocaleString('en')
    : `${total.toLocaleString('en')} of ${all.toLocaleString('en')}`;

type ToolbarProps = ViewProps & {
  hidden: string[];
  onHide: (hidden: string[]) => void;
  counts: { total: number; all: number } | undefined;
};

/** The search, filters, counts and CSV export of the table. */
function Toolbar({ view, onChange, hidden, onHide, counts }: ToolbarProps) {
  const { team } = useShell();
  return (
    <search className={tableStyles.toolbar}>
      <SearchField
        label="Search members"
        placeholder="Search name, email, ID or last 4 of key…"
        value={view.q}
        onChange={(q) => onChange({ q })}
      />
      <Filters view={view} onChange={onChange} />
      <span className="muted tabular" aria-live="polite">
        {counts && countOf(counts, view)}
      </span>
      <span className={tableStyles.push} />
      <ColumnChoice hidden={hidden} onChange={onHide} />
      <Button
        size="xs"
        variant="default"
        component="a"
        href={`/${team.slug}/export/members?${exportQuery(view)}`}
        leftSection={<Download size={14} aria-hidden />}
      >
        CSV
      </Button>
    </search>
  );
}

/** Returns the query of the CSV export: the filters and order of the page. */
function exportQuery(view: MemberView): string {
  const wanted = { ...memberFilter(view), sort: view.sort, direction: view.dir };
  const pairs = Object.entries(wanted).flatMap(([name, value]) => [value].flat().map((one) => [name, one]));
  return new URLSearchParams(pairs).toString();
}

type ViewProps = { view: MemberView; onChange: (next: Partial<MemberView>) => void };

const choicesOf = <Value extends string>(labels: Record<Value, string>) =>
  Object.entries<string>(labels).map(([value, label]) => ({ value: value as Value, label }));

function Filters({ view, onChange }: ViewProps) {
  return (
    <>
      <FilterChip
        label="Status"
        options={choicesOf(STATUS_LABELS)}
        chosen={view.status}
        onChange={(status) => onChange({ status })}
      />
      <FilterChip
        label="Role"
        single
        options={choicesOf(ROLE_LABELS)}
        chosen={view.role === null ? [] : [view.role]}
        onChange={([role]) => onChange({ role: role ?? null })}
      />
      <FilterChip
        label="Auto-recharge"
        single
        options={choicesOf(RULE_FILTER_LABELS)}
        chosen={view.recharge === null ? [] : [view.recharge]}
        onChange={([recharge]) => onChange({ recharge: recharge ?? null })}
      />
    </>
  );
}

function ColumnChoice({ hidden, onChange }: { hidden: string[]; onChange: (hidden: string[]) => void }) {
  return (
    <ChoiceMenu
      position="bottom-end"
      options={CHOOSABLE.map(({ id, header }) => ({ value: id, label: header }))}
      chosen={CHOOSABLE.map(({ id }) => id).filter((id) => !hidden.includes(id))}
      onToggle={(id) => onChange(hidden.includes(id) ? hidden.filter((one) => one !== id) : [...hidden, id])}
      target={
        <Button size="xs" variant="default" leftSection={<Columns3 size={14} aria-hidden />}>
          Columns
        </Button>
      }
    />
  );
}

function FirstMember() {
  const { create } = useMemberDialogs();
  const { invite, inviteMany } = useInvitationDialogs();
  const ways = (
    <Group gap="xs" justify="center">
      <Button onClick={create}>Create first member</Button>
      <Button variant="default" onClick={() => invite()}>
        Invite someone
      </Button>
      <Button variant="default" onClick={inviteMany}>
        Paste a list
      </Button>
    </Group>
  );
  return (
    <Empty title="No sub-accounts yet" action={ways}>
      A member is a sub-account: it has its own API key, balance and message log, paid from your master balance.
    </Empty>
  );
}

/** Shown for an empty team or for filters without a match, each with a next step. */
function Nothing({ view, onChange }: ViewProps) {
  const filters = [
    view.q && `“${view.q}”`,
    view.status.length > 0 && `status ${view.status.join(' or ')}`,
    view.role && `role ${view.role}`,
    view.recharge && `auto-recharge ${RULE_FILTER_LABELS[view.recharge].toLowerCase()}`,
  ].filter(Boolean);
  if (filters.length > 0) {
    return (
      <Empty
        title="No matching members"
        action={
          <Button variant="default" onClick={() => onChange({ q: '', status: [], role: null, recharge: null })}>
            Clear filters
          </Button>
        }
      >
        Filters: {filters.join(', ')}.
      </Empty>
    );
  }
  return <FirstMember />;
}
