import { debitedSchema, debitInput } from '@/server/domain/billing/ledger/schema';
import { debitMember } from '@/server/domain/billing/ledger/write';
import { debited, wasDryRun } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/debit', {
  params: { id: 'mem' },
  POST: operation({
    id: 'debitMember',
    summary: 'Move money from a member back to the master balance',
    body: debitInput,
    reply: debitedSchema,
    status: 201,
    description: 'A debit of `all` from an empty balance returns 200 with `transfer` null; no money moved.',
    movesNothing: ({ transfer }) => transfer === null || transfer.id === null,
    errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'member_deleted'],
    example: { body: { amount: '10.00', note: 'Returned' }, reply: debited, dryRun: wasDryRun(debited) },
    run: (ctx, { params, body }) => debitMember(ctx, { ...body, memberId: params['id']! }),
  }),
});
