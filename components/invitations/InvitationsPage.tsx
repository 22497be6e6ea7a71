'use client';

import { ActionIcon, Button, Group } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Ellipsis, ListPlus, MailPlus } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { toMicros } from '@/server/domain/core/money';
import { INVITATION_STATUSES } from '@/server/domain/teams/invitations/rules';
import { problemOf, useTRPC } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { DataTable, type Column } from '@/components/ui/DataTable';
import { Failed } from '@/components/ui/Failed';
import { FilterChip } from '@/components/ui/FilterChip';
import { Instant } from '@/components/ui/Instant';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import { menuOnDemand } from '@/components/ui/onDemand';
import { Pager } from '@/components/ui/Pager';
import { Empty, Note, PageHead } from '@/components/ui/pieces';
import { SearchField } from '@/components/ui/SearchField';
import { useShortcut } from '@/components/ui/shortcuts';
import { TableSkeleton } from '@/components/ui/TableSkeleton';
import tableStyles from '@/components/ui/table.module.css';
import styles from './invitations.module.css';
import { useInvitationDialogs } from './useInvitationDialogs';
import { invitationQuestion, invitationView, type InvitationView } from './search-params';
import { Delivery, INVITATION_STATUS_LABELS, InvitationStatus, type Invitation } from './labels';
import { ROLE_LABELS } from '@/components/members/labels';

const InvitationMenu = menuOnDemand(() => import('./InvitationMenu').then((file) => file.InvitationMenu));

/** Lists the team's invitations and offers the ways to invite. */
export function InvitationsPage() {
  const { team } = useShell();
  const [view, setView] = useQueryStates(invitationView, { history: 'replace' });
  const { invite, inviteMany, look } = useInvitationDialogs();
  const question = invitationQuestion(view);
  const result = useQuery(
    useTRPC().invitations.browseInvitations.queryOptions(question, { placeholderData: keepPreviousData }),
  );
  const page = result.data;
  const change = (next: Partial<InvitationView>) => void setView({ page: null, ...next });
  useShortcut('i', 'Invite someone', () => invite());
  return (
    <>
      <PageHead title="Invitations">
        <Button variant="default" leftSection={<ListPlus size={16} aria-hidden />} onClick={inviteMany}>
          Bulk invite
        </Button>
        <Button leftSection={<MailPlus size={16} aria-hidden />} onClick={() => invite()}>
          Invite
        </Button>
      </PageHead>
      {page && !page.mails && (
        <div className={styles.unmailed}>
          <Note>Email isn’t set up. Share the links yourself: they’re in each row’s menu.</Note>
        </div>
      )}
      <Toolbar view={view} onChange={change} counts={page} />
      {result.isError && <Failed problem={problemOf(result.error)} onRetry={() => void result.refetch()} />}
      {result.isPending && <TableSkeleton />}
      {page?.total === 0 && <Nothing view={view} onChange={change} />}
      {page && page.total > 0 && (
        <>
          <DataTable
            label="Invitations"
            columns={columnsOf(page.data, team.currency, look)}
            rows={page.data}
            idOf={({ id }) => id}
            nameOf={({ email }) => email}
            actions={(invitation) => <Actions invitation={invitation} />}
            stale={result.isPlaceholderData}
          />
          <Pager
            noun="invitations"
            page={question.page}
            pageSize={question.pageSize}
            total={page.total}
            onPage={(next) => void setView({ page: next })}
          />
        </>
      )}
    </>
  );
}

type ToolbarProps = {
  view: InvitationView;
  onChange: (next: Partial<InvitationView>) => void;
  counts: { total: number; all: number } | undefined;
};

const Toolbar = ({ view, onChange, counts }: ToolbarProps) => (
  <search className={tableStyles.toolbar}>
    <SearchField
      label="Search invitations"
      placeholder="Search email or name…"
      value={view.q}
      onChange={(q) => onChange({ q })}
    />
    <FilterChip
      label="Status"
      options={INVITATION_STATUSES.map((status) => ({ value: status, label: INVITATION_STATUS_LABELS[status] }))}
      chosen={view.status}
      onChange={(status) => onChange({ status })}
    />
    <span className="muted tabular" aria-live="polite">
      {counts && `${counts.total.toLocaleString('en')} of ${counts.all.toLocaleString('en')}`}
    </span>
  </search>
);

const Actions = ({ invitation }: { invitation: Invitation }) => (
  <InvitationMenu
    invitation={invitation}
    target={
      <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${invitation.email}`}>
        <Ellipsis size={16} aria-hidden />
      </ActionIcon>
    }
  />
);

function columnsOf(rows: Invitation[], currency: string, look: (invitation: Invitation) => void): Column<Invitation>[] {
  const credits = rows.map(({ credit }) => toMicros(credit ?? '0.00'));
  const decimals = decimalsOf(credits, currency);
  return [
    {
      id: 'email',
      header: 'Email',
      main: true,
      cell: (invitation) => (
        <button type="button" className={tableStyles.open} title={invitation.email} onClick={() => look(invitation)}>
          {invitation.email}
        </button>
      ),
    },
    {
      id: 'name',
      header: 'Name',
      wide: true,
      cell: ({ name, memberName, status }) => {
        const takesOver = memberName !== null && status !== 'accepted' && `claims ${memberName}`;
        const shown = takesOver || (name ?? '–');
        return <span title={shown}>{shown}</span>;
      },
    },
    { id: 'role', header: 'Role', cell: ({ role }) => ROLE_LABELS[role] },
    {
      id: 'credit',
      header: 'Credit',
      right: true,
      cell: ({ credit }) =>
        credit === null ? '–' : <Money amount={toMicros(credit)} currency={currency} decimals={decimals} />,
    },
    { id: 'status', header: 'Status', cell: (invitation) => <InvitationStatus {...invitation} /> },
    { id: 'delivery', header: 'Email status', cell: (invitation) => <Delivery {...invitation} /> },
    {
      id: 'until',
      header: 'Expires',
      cell: ({ expiresAt, closedAt }) => (closedAt === null ? <Instant at={expiresAt} dateOnly /> : '–'),
    },
  ];
}

function Nothing({ view, onChange }: Pick<ToolbarProps, 'view' | 'onChange'>) {
  const { invite, inviteMany } = useInvitationDialogs();
  if (view.q !== '' || view.status.length > 0) {
    const filters = [view.q && `“${view.q}”`, view.status.length > 0 && `status ${view.status.join(' or ')}`];
    return (
      <Empty
        title="No matching invitations"
        action={
          <Button variant="default" onClick={() => onChange({ q: '', status: [] })}>
            Clear filters
          </Button>
        }
      >
        Filters: {filters.filter(Boolean).join(', ')}.
      </Empty>
    );
  }
  return (
    <Empty
      title="No invitations yet"
      action={
        <Group gap="xs" justify="center">
          <Button onClick={() => invite()}>Invite someone</Button>
          <Button variant="default" onClick={inviteMany}>
            Paste a list
          </Button>
        </Group>
      }
    >
      Invite people by a link that expires in seven days. They choose a name and password and can get a starting credit.
    </Empty>
  );
}
