import { memberSchema } from '@/server/domain/teams/members/schema';
import { deactivateMember } from '@/server/domain/teams/members/write';
import { member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/deactivate', {
  params: { id: 'mem' },
  POST: operation({
    id: 'deactivateMember',
    summary: 'Deactivate a member from its next request on; its balance stays',
    reply: memberSchema,
    errors: ['owner_required', 'last_owner', 'member_deleted'],
    example: { reply: { ...member, status: 'inactive' } },
    run: (ctx, { params }) => deactivateMember(ctx, params['id']!),
  }),
});
