import { movementSchema, reverseInput } from '@/server/domain/ledger/schema';
import { reverseTransfer } from '@/server/domain/ledger/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/transfers/{id}/reverse', {
  params: { id: 'trf' },
  POST: operation({
    id: 'reverseTransfer',
    summary: 'Take a credit, a debit or a recharge back, whole and once',
    body: reverseInput,
    reply: movementSchema,
    status: 201,
    verb: (ctx, { params, body }) => reverseTransfer(ctx, { ...body, transferId: params['id']! }),
  }),
});
