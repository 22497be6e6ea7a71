import { HASH_COST } from '@/server/domain/core/password-hashing';
import { member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';
import { prepareReset, resetMemberPassword } from '@/server/domain/teams/member-sign-in/write';
import { passwordResetSchema } from '@/server/domain/teams/member-sign-in/schema';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/password/reset', {
  params: { id: 'mem' },
  POST: operation({
    id: 'resetMemberPassword',
    summary: 'Reset the password of a member with a generated sign-in',
    description:
      'Only for a user with a generated address and no other team. All of the user’s sessions end. The password is only in this ' +
      'response; the call is recorded in the audit log.',
    reply: passwordResetSchema,
    status: 201,
    errors: ['owner_required', 'member_deleted'],
    example: {
      reply: {
        member,
        email: 'amber-falcon-42.k3j9x0p2q7ab@members.invalid',
        secrets: { password: 'k7Rwd-3mXpa-9QvTz-hB4ne' },
      },
    },
    extraCost: () => HASH_COST,
    prepare: (ctx, _, params) => prepareReset(ctx, params['id']!),
    run: (ctx, { params, prepared }) => resetMemberPassword(ctx, params['id']!, prepared),
  }),
});
