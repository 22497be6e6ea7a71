import { pageOfSchema } from '@/server/domain/lists';
import { listMembers } from '@/server/domain/members/read';
import { createdMemberSchema, createMemberInput, memberListInput, memberSchema } from '@/server/domain/members/schema';
import { createMember } from '@/server/domain/members/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members', {
  GET: operation({
    id: 'listMembers',
    summary: 'List members, newest first',
    query: memberListInput,
    reply: pageOfSchema(memberSchema),
    verb: (ctx, { query }) => listMembers(ctx, query),
  }),
  POST: operation({
    id: 'createMember',
    summary: 'Create an active member with its API key',
    body: createMemberInput,
    reply: createdMemberSchema,
    status: 201,
    verb: (ctx, { body }) => createMember(ctx, body),
  }),
});
