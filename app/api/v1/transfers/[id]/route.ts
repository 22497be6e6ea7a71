import { getTransfer } from '@/server/domain/billing/ledger/read';
import { transferSchema } from '@/server/domain/billing/ledger/schema';
import { transfer } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/transfers/{id}', {
  params: { id: 'trf' },
  GET: operation({
    id: 'getTransfer',
    summary: 'Get a transfer',
    reply: transferSchema,
    example: { reply: transfer },
    run: (ctx, { params }) => getTransfer(ctx, params['id']!),
  }),
});
