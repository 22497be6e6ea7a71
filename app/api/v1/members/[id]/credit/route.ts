import { creditInput, movementSchema } from '@/server/domain/ledger/schema';
import { creditMember } from '@/server/domain/ledger/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/credit', {
  params: { id: 'mem' },
  POST: operation({
    id: 'creditMember',
    summary: 'Move money from the master balance to a member',
    body: creditInput,
    reply: movementSchema,
    status: ({ transfer }) => (transfer.id === null ? 200 : 201),
    verb: (ctx, { params, body }) => creditMember(ctx, { ...body, memberId: params['id']! }),
  }),
});
