'use client';

import { Button } from '@mantine/core';
import { Download } from 'lucide-react';
import { useQueryStates } from 'nuqs';
import { MemberPicker } from '@/components/members/MemberPicker';
import { useShell } from '@/components/layout/useShell';
import { useDialogs } from '@/components/ui/dialogs';
import { DayField } from '@/components/ui/DayField';
import { FilterChip } from '@/components/ui/FilterChip';
import { Empty, PageHead } from '@/components/ui/pieces';
import tableStyles from '@/components/ui/table.module.css';
import { TransferDetail } from './TransferDetail';
import { TransferTable, type Transfer } from './TransferTable';
import { transferQuestion, transferView, type TransferView } from './search-params';
import { POSTED_KIND_NAMES, TRANSFER_KINDS } from '@/server/domain/billing/ledger/rules';

const NO_FILTERS: Partial<TransferView> = { kind: [], member: null, from: null, to: null };

/** The team's transfers for owners, their own for members. */
export function TransfersPage() {
  const { team, me } = useShell();
  const [view, setView] = useQueryStates(transferView, { history: 'replace' });
  const openDialog = useDialogs();
  const question = transferQuestion(view);
  const change = (next: Partial<TransferView>) => void setView(next);
  const open = (transfer: Transfer) =>
    openDialog({
      title: TRANSFER_KINDS[transfer.kind].label,
      side: true,
      body: (close) => <TransferDetail transfer={transfer} onClose={close} />,
    });
  const isFiltered = view.kind.length > 0 || view.member !== null || view.from !== null || view.to !== null;
  return (
    <>
      <PageHead title="Transfers" />
      <search className={tableStyles.toolbar}>
        {me.role === 'owner' && <MemberPicker value={view.member} onChange={(member) => change({ member })} />}
        <FilterChip
          label="Type"
          options={POSTED_KIND_NAMES.map((value) => ({ value, label: TRANSFER_KINDS[value].label }))}
          chosen={view.kind}
          onChange={(kind) => change({ kind })}
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
          href={`/${team.slug}/export/transfers?${exportQuery(view)}`}
          leftSection={<Download size={14} aria-hidden />}
        >
          CSV
        </Button>
      </search>
      <TransferTable
        question={question}
        onOpen={open}
        empty={<Nothing isFiltered={isFiltered} onClear={() => change(NO_FILTERS)} />}
      />
    </>
  );
}

function exportQuery(view: TransferView): string {
  const { kind, memberId, from, to } = transferQuestion(view);
  const query = new URLSearchParams();
  for (const one of kind ?? []) query.append('kind', one);
  for (const one of memberId ?? []) query.append('memberId', one);
  if (from) query.set('from', from);
  if (to) query.set('to', to);
  return query.toString();
}

function Nothing({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (!isFiltered) {
    return <Empty title="No transfers yet">Credits, debits, recharges and charges appear here.</Empty>;
  }
  return (
    <Empty
      title="No matching transfers"
      action={
        <Button variant="default" onClick={onClear}>
          Clear filters
        </Button>
      }
    />
  );
}
