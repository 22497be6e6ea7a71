import * as read from '@/server/domain/billing/ledger/read';
import * as write from '@/server/domain/billing/ledger/write';
import {
  creditInput,
  debitInput,
  debitedSchema,
  movementSchema,
  reverseInput,
  transferFilters,
  transferListInput,
  transferSchema,
} from '@/server/domain/billing/ledger/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { transferRows } from './csv-columns';
import { credited, debited, exampleId, reversed, transfer, wasDryRun } from './examples';
import { operation, table } from './operation';

export const listTransfers = operation({
  method: 'GET',
  path: '/transfers',
  summary: 'List transfers, newest first',
  input: transferListInput,
  output: pageOfSchema(transferSchema),
  example: {
    input: { memberId: exampleId('mem'), kind: 'credit', limit: '50' },
    output: { data: [transfer], nextCursor: null },
  },
  run: read.listTransfers,
});

export const getTransfer = operation({
  method: 'GET',
  path: '/transfers/{transferId}',
  summary: 'Get a transfer',
  output: transferSchema,
  example: { output: transfer },
  run: (ctx, { transferId }) => read.getTransfer(ctx, transferId),
});

export const creditMember = operation({
  method: 'POST',
  path: '/members/{memberId}/credit',
  summary: 'Move money from the master balance to a member',
  input: creditInput,
  output: movementSchema,
  status: 201,
  movesNothing: ({ transfer }) => transfer.id === null,
  errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'member_deleted'],
  example: { input: { amount: '25.00', note: 'March' }, output: credited, dryRun: wasDryRun(credited) },
  run: write.creditMember,
});

export const debitMember = operation({
  method: 'POST',
  path: '/members/{memberId}/debit',
  summary: 'Move money from a member back to the master balance',
  input: debitInput,
  output: debitedSchema,
  status: 201,
  description: 'A debit of `all` from an empty balance returns 200 with `transfer` null; no money moved.',
  movesNothing: ({ transfer }) => transfer === null || transfer.id === null,
  errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'member_deleted'],
  example: { input: { amount: '10.00', note: 'Returned' }, output: debited, dryRun: wasDryRun(debited) },
  run: write.debitMember,
});

export const reverseTransfer = operation({
  method: 'POST',
  path: '/transfers/{transferId}/reverse',
  summary: 'Reverse a credit, a debit or a recharge, in full and once',
  input: reverseInput,
  output: movementSchema,
  status: 201,
  description:
    'Posts the opposite transfer, whose `reversalOf` is this one. Credits, debits and recharges of members can be reversed; a reversal cannot.',
  errors: ['insufficient_funds', 'owner_required', 'already_reversed', 'not_reversible', 'member_deleted'],
  example: { input: { note: 'Wrong member' }, output: reversed },
  run: write.reverseTransfer,
});

export const exportTransfers = table({
  path: '/transfers.csv',
  summary: 'Export transfers as CSV, all rows under the filters',
  input: transferFilters,
  rows: transferRows,
  example: { input: { memberId: exampleId('mem'), kind: 'credit' }, output: 'id,createdAt,kind\r\n' },
});
