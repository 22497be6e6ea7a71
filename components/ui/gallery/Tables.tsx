'use client';

import { useState } from 'react';
import { DataTable, type Column } from '../DataTable';
import { Money } from '../money/Money';
import { Pager } from '../Pager';
import { Status } from '../pieces';
import type { Micros } from '@/server/domain/core/money';
import { AMOUNTS, NAMES } from './samples';

type Row = { id: string; name: string; amount: Micros };

const ROWS: Row[] = NAMES.map((name, i) => ({ id: String(i), name, amount: AMOUNTS[i % AMOUNTS.length]! }));

const COLUMNS: Column<Row>[] = [
  { id: 'name', header: 'Name', main: true, sortable: true, cell: ({ name }) => <span title={name}>{name}</span> },
  { id: 'status', header: 'Status', cell: () => <Status tone="ok">active</Status> },
  {
    id: 'amount',
    header: 'Balance',
    right: true,
    sortable: true,
    cell: ({ amount }) => <Money amount={amount} currency="KWD" />,
  },
  { id: 'note', header: 'Note', wide: true, cell: ({ name }) => <span title={name}>{name}</span> },
];

const idOf = ({ id }: Row) => id;
const nameOf = ({ name }: Row) => name;

export function Tables() {
  const [page, setPage] = useState(1);
  const [chosen, setChosen] = useState(new Set(['1']));
  const toggle = (rows: Row[], on: boolean) => {
    const ids = new Set(rows.map(idOf));
    const others = [...chosen].filter((id) => !ids.has(id));
    setChosen(new Set(on ? [...others, ...ids] : others));
  };
  return (
    <>
      <DataTable
        label="Sorted, with a selection"
        columns={COLUMNS}
        rows={ROWS}
        idOf={idOf}
        nameOf={nameOf}
        sort={{ by: 'name', direction: 'asc' }}
        onSort={() => undefined}
        selection={{ has: (id) => chosen.has(id), toggle }}
      />
      <Pager page={page} pageSize={25} total={10_000} onPage={setPage} noun="members" />
      <DataTable
        label="On its way"
        columns={COLUMNS}
        hidden={['note']}
        rows={ROWS.slice(0, 2)}
        idOf={idOf}
        nameOf={nameOf}
        stale
      />
      <Pager page={1} pageSize={25} total={2} onPage={() => undefined} noun="messages" />
    </>
  );
}
