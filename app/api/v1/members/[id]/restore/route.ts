import { memberSchema } from '@/server/domain/members/schema';
import { restoreMember } from '@/server/domain/members/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/restore', {
  params: { id: 'mem' },
  POST: operation({
    id: 'restoreMember',
    summary: 'Bring a deleted member back, within 14 days',
    reply: memberSchema,
    verb: (ctx, { params }) => restoreMember(ctx, params['id']!),
  }),
});
