import { movementSchema, reverseInput } from '@/server/domain/billing/ledger/schema';
import { reverseTransfer } from '@/server/domain/billing/ledger/write';
import { reversed } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/transfers/{id}/reverse', {
  params: { id: 'trf' },
  POST: operation({
    id: 'reverseTransfer',
    summary: 'Reverse a credit, a debit or a recharge, in full and once',
    body: reverseInput,
    reply: movementSchema,
    status: 201,
    description:
      'Posts the opposite transfer, whose `reversalOf` is this one. Credits, debits and recharges of members can be reversed; a reversal cannot.',
    errors: ['insufficient_funds', 'owner_required', 'already_reversed', 'not_reversible', 'member_deleted'],
    example: { body: { note: 'Wrong member' }, reply: reversed },
    run: (ctx, { params, body }) => reverseTransfer(ctx, { ...body, transferId: params['id']! }),
  }),
});
