import { debitInput, movementSchema } from '@/server/domain/ledger/schema';
import { debitMember } from '@/server/domain/ledger/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/debit', {
  params: { id: 'mem' },
  POST: operation({
    id: 'debitMember',
    summary: 'Move money from a member back to the master balance',
    body: debitInput,
    reply: movementSchema,
    status: ({ transfer }) => (transfer.id === null ? 200 : 201),
    verb: (ctx, { params, body }) => debitMember(ctx, { ...body, memberId: params['id']! }),
  }),
});
