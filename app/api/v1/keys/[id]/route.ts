import { endKey } from '@/server/domain/keys/write';
import { keySchema } from '@/server/domain/keys/schema';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/keys/{id}', {
  params: { id: 'key' },
  DELETE: operation({
    id: 'endKey',
    summary: 'End a key at once, before its overlap is over',
    reply: keySchema,
    verb: (ctx, { params }) => endKey(ctx, params['id']!),
  }),
});
