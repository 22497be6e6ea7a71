import { memberSchema, setRoleInput } from '@/server/domain/teams/members/schema';
import { setRole } from '@/server/domain/teams/members/write';
import { member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/role', {
  params: { id: 'mem' },
  POST: operation({
    id: 'setRole',
    summary: "Change a member's role; an owner who stepped down can take the role back",
    body: setRoleInput,
    reply: memberSchema,
    errors: ['owner_required', 'member_deleted'],
    example: { body: { role: 'owner' }, reply: { ...member, role: 'owner' } },
    run: (ctx, { params, body }) => setRole(ctx, { ...body, memberId: params['id']! }),
  }),
});
