import { getMember } from '@/server/domain/members/read';
import { deletedMemberSchema, memberSchema, updateMemberInput } from '@/server/domain/members/schema';
import { deleteMember, updateMember } from '@/server/domain/members/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}', {
  params: { id: 'mem' },
  GET: operation({
    id: 'getMember',
    summary: 'One member',
    reply: memberSchema,
    verb: (ctx, { params }) => getMember(ctx, params['id']!),
  }),
  PATCH: operation({
    id: 'updateMember',
    summary: 'Change name, email, externalId or metadata',
    body: updateMemberInput,
    reply: memberSchema,
    verb: (ctx, { params, body }) => updateMember(ctx, { ...body, memberId: params['id']! }),
  }),
  DELETE: operation({
    id: 'deleteMember',
    summary: 'Delete a member; its balance returns to the master balance',
    reply: deletedMemberSchema,
    verb: (ctx, { params }) => deleteMember(ctx, params['id']!),
  }),
});
