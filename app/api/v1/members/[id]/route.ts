import { getMember } from '@/server/domain/teams/members/read';
import { deletedMemberSchema, memberSchema, updateMemberInput } from '@/server/domain/teams/members/schema';
import { deleteMember, updateMember } from '@/server/domain/teams/members/write';
import { exampleId, member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}', {
  params: { id: 'mem' },
  GET: operation({
    id: 'getMember',
    summary: 'Get a member',
    reply: memberSchema,
    example: { reply: member },
    run: (ctx, { params }) => getMember(ctx, params['id']!),
  }),
  PATCH: operation({
    id: 'updateMember',
    summary: 'Update name, email, externalId or metadata',
    body: updateMemberInput,
    reply: memberSchema,
    errors: ['owner_required', 'email_taken', 'member_deleted'],
    example: { body: { name: 'Lyon Shop', metadata: { region: 'EMEA' } }, reply: member },
    run: (ctx, { params, body }) => updateMember(ctx, { ...body, memberId: params['id']! }),
  }),
  DELETE: operation({
    id: 'deleteMember',
    summary: 'Delete a member; its balance returns to the master balance',
    reply: deletedMemberSchema,
    description: 'Its keys stop working at once; its log and its transfers stay. Repeating it returns the same answer.',
    errors: ['owner_required', 'last_owner'],
    example: {
      reply: {
        member: { ...member, status: 'deleted', balance: '0.00', apiKey: null, deletedAt: '2026-03-09T10:00:00.000Z' },
        returned: '25.00',
        transferId: exampleId('trf'),
      },
    },
    run: (ctx, { params }) => deleteMember(ctx, params['id']!),
  }),
});
