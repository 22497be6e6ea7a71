import { memberSchema } from '@/server/domain/teams/members/schema';
import { restoreMember } from '@/server/domain/teams/members/write';
import { member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/restore', {
  params: { id: 'mem' },
  POST: operation({
    id: 'restoreMember',
    summary: 'Restore a deleted member within 14 days',
    reply: memberSchema,
    description:
      'The member is active with role `member`, balance 0, its rule off, and no key until one is rotated. A member that is not deleted stays as it is.',
    errors: ['owner_required', 'member_deleted', 'email_taken', 'already_member'],
    example: { reply: { ...member, balance: '0.00', apiKey: null } },
    run: (ctx, { params }) => restoreMember(ctx, params['id']!),
  }),
});
