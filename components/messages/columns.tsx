import type { inferOutput } from '@trpc/tanstack-react-query';
import Link from 'next/link';
import { toMicros } from '@/server/domain/core/money';
import type { useTRPC } from '@/components/data';
import type { Column } from '@/components/ui/DataTable';
import { Instant } from '@/components/ui/Instant';
import { decimalsOf } from '@/components/ui/money/format';
import { Money } from '@/components/ui/money/Money';
import styles from './messages.module.css';
import { MessageState } from './labels';

export type Message = inferOutput<ReturnType<typeof useTRPC>['messages']['browseMessages']>['data'][number];

type Team = { slug: string; currency: string };
type Options = { hasMembers: boolean; onOpen: (id: string) => void };

/** Returns the columns of the log. */
export function messageColumns(rows: Message[], team: Team, { hasMembers, onOpen }: Options): Column<Message>[] {
  const costs = rows.map(({ cost }) => toMicros(cost));
  const decimals = decimalsOf(costs, team.currency);
  const member: Column<Message> = {
    id: 'member',
    header: 'Member',
    wide: true,
    cell: ({ member: { id, name } }) => (
      <Link href={`/${team.slug}/members/${id}`} prefetch={false} title={name} className={styles.member}>
        {name}
      </Link>
    ),
  };
  return [
    {
      id: 'createdAt',
      header: 'When',
      main: true,
      cell: ({ id, createdAt }) => (
        <button type="button" id={id} className={styles.open} onClick={() => onOpen(id)}>
          <Instant at={createdAt} exact />
        </button>
      ),
    },
    { id: 'status', header: 'Status', cell: ({ status, error }) => <MessageState status={status} error={error} /> },
    {
      id: 'to',
      header: 'To',
      cell: ({ to, country }) => (
        <span className="tabular">
          {to} <span className="muted">{country}</span>
        </span>
      ),
    },
    ...(hasMembers ? [member] : []),
    { id: 'body', header: 'Text', wide: true, cell: ({ body }) => <span title={body}>{body}</span> },
    { id: 'segments', header: 'Segments', right: true, cell: ({ segments }) => segments },
    {
      id: 'cost',
      header: 'Cost',
      right: true,
      cell: ({ cost }) => <Money amount={toMicros(cost)} currency={team.currency} decimals={decimals} />,
    },
    {
      id: 'reference',
      header: 'Reference',
      wide: true,
      cell: ({ reference }) => <span title={reference ?? undefined}>{reference ?? '–'}</span>,
    },
  ];
}
