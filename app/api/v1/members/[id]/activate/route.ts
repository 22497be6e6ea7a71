import { memberSchema } from '@/server/domain/teams/members/schema';
import { activateMember } from '@/server/domain/teams/members/write';
import { member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/activate', {
  params: { id: 'mem' },
  POST: operation({
    id: 'activateMember',
    summary: 'Activate a member',
    reply: memberSchema,
    errors: ['owner_required', 'member_deleted'],
    example: { reply: member },
    run: (ctx, { params }) => activateMember(ctx, params['id']!),
  }),
});
