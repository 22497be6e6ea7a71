import Link from 'next/link';
import { toMicros } from '@/server/domain/core/money';
import { RechargeMark } from '@/components/auto-recharge/RechargeMark';
import { CopyIconButton } from '@/components/ui/Copy';
import type { Column } from '@/components/ui/DataTable';
import { Instant } from '@/components/ui/Instant';
import { Money } from '@/components/ui/money/Money';
import { Status, type Tone } from '@/components/ui/pieces';
import { BalanceCell } from './BalanceCell';
import { RoleIcon } from './RoleIcon';
import { STATUS_LABELS } from './labels';
import type { MemberView } from './member';

const TONES: Record<MemberView['status'], Tone> = { active: 'ok', inactive: 'off', deleted: 'bad' };

export const MemberStatus = ({ status }: { status: MemberView['status'] }) => (
  <Status tone={TONES[status]}>{STATUS_LABELS[status]}</Status>
);

/** The beginning of all API keys; the rest of a prefix is shown only in the list of a member's keys. */
const SCHEME = 'pur_live_';

export const MaskedKey = ({ apiKey }: { apiKey: MemberView['apiKey'] }) =>
  apiKey === null ? (
    <span className="muted">No key</span>
  ) : (
    <code>
      {apiKey.prefix.slice(0, SCHEME.length)}…{apiKey.last4}
    </code>
  );

type Team = { slug: string; currency: string };

/** Returns the columns of the team page; all but the first can be hidden. */
export function memberColumns(team: Team): Column<MemberView>[] {
  return [
    {
      id: 'name',
      header: 'Name',
      main: true,
      sortable: true,
      cell: (member) => (
        <Link href={`/${team.slug}/members/${member.id}`} prefetch={false} title={member.name}>
          {member.name}
        </Link>
      ),
    },
    {
      id: 'email',
      header: 'Email',
      wide: true,
      sortable: true,
      cell: (member) =>
        member.emailGenerated ? (
          <span className="muted" title={member.email}>
            (generated)
          </span>
        ) : (
          <span title={member.email}>{member.email}</span>
        ),
    },
    { id: 'role', header: 'Role', sortable: true, cell: (member) => <RoleIcon member={member} /> },
    { id: 'apiKey', header: 'API key', cell: (member) => <MaskedKey apiKey={member.apiKey} /> },
    {
      id: 'balance',
      header: 'Balance',
      right: true,
      sortable: true,
      cell: (member) => (
        <BalanceCell balance={member.balance} currency={team.currency}>
          {member.recharge && <RechargeMark rule={member.recharge} currency={team.currency} />}
        </BalanceCell>
      ),
    },
    {
      id: 'messages',
      header: 'Messages (30d)',
      right: true,
      sortable: true,
      cell: (member) => member.usage.messages.toLocaleString('en'),
    },
    {
      id: 'cost',
      header: 'Cost (30d)',
      right: true,
      sortable: true,
      cell: (member) => <Money amount={toMicros(member.usage.cost)} currency={team.currency} />,
    },
    ...rarerColumns(),
  ];
}

function rarerColumns(): Column<MemberView>[] {
  return [
    { id: 'status', header: 'Status', sortable: true, cell: (member) => <MemberStatus status={member.status} /> },
    {
      id: 'lastUsedAt',
      header: 'Key last used',
      sortable: true,
      cell: (member) =>
        member.apiKey?.lastUsedAt ? (
          <Instant at={member.apiKey.lastUsedAt} dateOnly />
        ) : (
          <span className="muted">Never</span>
        ),
    },
    {
      id: 'createdAt',
      header: 'Created',
      sortable: true,
      cell: (member) => <Instant at={member.createdAt} dateOnly />,
    },
    {
      id: 'externalId',
      header: 'External ID',
      wide: true,
      cell: (member) => <span title={member.externalId ?? undefined}>{member.externalId ?? '–'}</span>,
    },
    {
      id: 'id',
      header: 'ID',
      cell: (member) => (
        <>
          <code>{member.id}</code> <CopyIconButton text={member.id} label={`Copy ID of ${member.name}`} />
        </>
      ),
    },
  ];
}

export const HIDDEN_AT_FIRST = ['lastUsedAt', 'createdAt', 'externalId', 'id'];

export const CHOOSABLE = memberColumns({ slug: '', currency: 'USD' })
  .filter(({ main }) => !main)
  .map(({ id, header }) => ({ id, header }));
