import { pageOfSchema } from '@/server/domain/core/pagination';
import { listMembers } from '@/server/domain/teams/members/read';
import {
  createdMemberSchema,
  createMemberInput,
  memberListInput,
  memberSchema,
} from '@/server/domain/teams/members/schema';
import { createMember, prepareMember } from '@/server/domain/teams/members/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { exampleKey, member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members', {
  GET: operation({
    id: 'listMembers',
    summary: 'List members, newest first',
    query: memberListInput,
    reply: pageOfSchema(memberSchema),
    example: { query: { status: 'active', limit: '50' }, reply: { data: [member], nextCursor: null } },
    run: (ctx, { query }) => listMembers(ctx, query),
  }),
  POST: operation({
    id: 'createMember',
    summary: 'Create an active member with its API key',
    body: createMemberInput,
    reply: createdMemberSchema,
    status: 201,
    description: 'Name and email are generated if omitted. Key and password are only in this response.',
    errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'email_taken'],
    example: {
      body: { name: 'Lyon Shop', email: 'lyon@northwind.example', credit: '25.00', externalId: 'shop-17' },
      reply: { member, secrets: { apiKey: exampleKey } },
    },
    extraCost: ({ password, generatePassword }) => (password !== undefined || generatePassword ? HASH_COST : 0),
    prepare: prepareMember,
    run: (ctx, { body, prepared }) => createMember(ctx, body, prepared),
  }),
});
