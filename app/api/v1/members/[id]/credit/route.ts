import { creditInput, movementSchema } from '@/server/domain/billing/ledger/schema';
import { creditMember } from '@/server/domain/billing/ledger/write';
import { credited, wasDryRun } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/credit', {
  params: { id: 'mem' },
  POST: operation({
    id: 'creditMember',
    summary: 'Move money from the master balance to a member',
    body: creditInput,
    reply: movementSchema,
    status: 201,
    movesNothing: ({ transfer }) => transfer.id === null,
    errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'member_deleted'],
    example: { body: { amount: '25.00', note: 'March' }, reply: credited, dryRun: wasDryRun(credited) },
    run: (ctx, { params, body }) => creditMember(ctx, { ...body, memberId: params['id']! }),
  }),
});
