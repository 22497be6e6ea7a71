import { pageOfSchema } from '@/server/domain/core/pagination';
import { listKeys } from '@/server/domain/teams/api-keys/read';
import { keyListInput, keySchema } from '@/server/domain/teams/api-keys/schema';
import { expiringKey } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/keys', {
  params: { id: 'mem' },
  GET: operation({
    id: 'listKeys',
    summary: "List a member's keys, newest first, without their secrets",
    query: keyListInput,
    reply: pageOfSchema(keySchema),
    example: { query: { limit: '10' }, reply: { data: [expiringKey], nextCursor: null } },
    run: (ctx, { params, query }) => listKeys(ctx, { ...query, memberId: params['id']! }),
  }),
});
