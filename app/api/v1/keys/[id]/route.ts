import { endKey } from '@/server/domain/teams/api-keys/write';
import { keySchema } from '@/server/domain/teams/api-keys/schema';
import { expiringKey } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/keys/{id}', {
  params: { id: 'key' },
  DELETE: operation({
    id: 'endKey',
    summary: 'End a key at once, before its overlap is over',
    reply: keySchema,
    description: 'Repeating it returns the same answer. A member may end its own key.',
    example: { reply: { ...expiringKey, status: 'ended', endedAt: '2026-03-02T10:00:00.000Z' } },
    run: (ctx, { params }) => endKey(ctx, params['id']!),
  }),
});
