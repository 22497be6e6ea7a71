import * as memberSignInWrite from '@/server/domain/teams/member-sign-in/write';
import * as read from '@/server/domain/teams/members/read';
import * as write from '@/server/domain/teams/members/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { passwordResetSchema } from '@/server/domain/teams/member-sign-in/schema';
import {
  createMemberInput,
  createdMemberSchema,
  deletedMemberSchema,
  memberFilters,
  memberListInput,
  memberSchema,
  setRoleInput,
  updateMemberInput,
} from '@/server/domain/teams/members/schema';
import { memberRows } from './csv-columns';
import { exampleId, exampleKey, member } from './examples';
import { operation, table } from './operation';

export const listMembers = operation({
  method: 'GET',
  path: '/members',
  summary: 'List members, newest first',
  input: memberListInput,
  output: pageOfSchema(memberSchema),
  example: { input: { status: 'active', limit: '50' }, output: { data: [member], nextCursor: null } },
  run: read.listMembers,
});

export const createMember = operation({
  method: 'POST',
  path: '/members',
  summary: 'Create an active member with its API key',
  input: createMemberInput,
  output: createdMemberSchema,
  status: 201,
  description: 'Name and email are generated if omitted. Key and password are only in this response.',
  errors: ['invalid_amount', 'insufficient_funds', 'owner_required', 'email_taken'],
  example: {
    input: { name: 'Lyon Shop', email: 'lyon@northwind.example', credit: '25.00', externalId: 'shop-17' },
    output: { member, secrets: { apiKey: exampleKey } },
  },
  extraCost: ({ password, generatePassword }) => (password !== undefined || generatePassword ? HASH_COST : 0),
  prepare: write.prepareMember,
  run: write.createMember,
});

export const getMember = operation({
  method: 'GET',
  path: '/members/{memberId}',
  summary: 'Get a member',
  output: memberSchema,
  example: { output: member },
  run: (ctx, { memberId }) => read.getMember(ctx, memberId),
});

export const updateMember = operation({
  method: 'PATCH',
  path: '/members/{memberId}',
  summary: 'Update name, email, externalId or metadata',
  input: updateMemberInput,
  output: memberSchema,
  errors: ['owner_required', 'email_taken', 'member_deleted'],
  example: { input: { name: 'Lyon Shop', metadata: { region: 'EMEA' } }, output: member },
  run: write.updateMember,
});

export const deleteMember = operation({
  method: 'DELETE',
  path: '/members/{memberId}',
  summary: 'Delete a member; its balance returns to the master balance',
  output: deletedMemberSchema,
  description: 'Its keys stop working at once; its log and its transfers stay. Repeating it returns the same answer.',
  errors: ['owner_required', 'last_owner'],
  example: {
    output: {
      member: { ...member, status: 'deleted', balance: '0.00', apiKey: null, deletedAt: '2026-03-09T10:00:00.000Z' },
      returned: '25.00',
      transferId: exampleId('trf'),
    },
  },
  run: (ctx, { memberId }) => write.deleteMember(ctx, memberId),
});

export const activateMember = operation({
  method: 'POST',
  path: '/members/{memberId}/activate',
  summary: 'Activate a member',
  output: memberSchema,
  errors: ['owner_required', 'member_deleted'],
  example: { output: member },
  run: (ctx, { memberId }) => write.activateMember(ctx, memberId),
});

export const deactivateMember = operation({
  method: 'POST',
  path: '/members/{memberId}/deactivate',
  summary: 'Deactivate a member from its next request on; its balance stays',
  output: memberSchema,
  errors: ['owner_required', 'last_owner', 'member_deleted'],
  example: { output: { ...member, status: 'inactive' } },
  run: (ctx, { memberId }) => write.deactivateMember(ctx, memberId),
});

export const restoreMember = operation({
  method: 'POST',
  path: '/members/{memberId}/restore',
  summary: 'Restore a deleted member within 14 days',
  output: memberSchema,
  description:
    'The member is active with role `member`, balance 0, its rule off, and no key until one is rotated. A member that is not deleted stays as it is.',
  errors: ['owner_required', 'member_deleted', 'email_taken', 'already_member'],
  example: { output: { ...member, balance: '0.00', apiKey: null } },
  run: (ctx, { memberId }) => write.restoreMember(ctx, memberId),
});

export const setRole = operation({
  method: 'POST',
  path: '/members/{memberId}/role',
  summary: "Change a member's role; an owner who stepped down can take the role back",
  input: setRoleInput,
  output: memberSchema,
  errors: ['owner_required', 'member_deleted'],
  example: { input: { role: 'owner' }, output: { ...member, role: 'owner' } },
  run: write.setRole,
});

export const resetMemberPassword = operation({
  method: 'POST',
  path: '/members/{memberId}/password/reset',
  summary: 'Reset the password of a member with a generated sign-in',
  description:
    'Only for a user with a generated address and no other team. All of the user’s sessions end. The password is only in this ' +
    'response; the call is recorded in the audit log.',
  output: passwordResetSchema,
  status: 201,
  errors: ['owner_required', 'member_deleted'],
  example: {
    output: {
      member,
      email: 'amber-falcon-42.k3j9x0p2q7ab@members.invalid',
      secrets: { password: 'k7Rwd-3mXpa-9QvTz-hB4ne' },
    },
  },
  extraCost: () => HASH_COST,
  prepare: (ctx, { memberId }) => memberSignInWrite.prepareReset(ctx, memberId),
  run: (ctx, { memberId }, prepared) => memberSignInWrite.resetMemberPassword(ctx, memberId, prepared),
});

export const exportMembers = table({
  path: '/members.csv',
  summary: 'Export members as CSV, all rows under the filters',
  input: memberFilters,
  rows: memberRows,
  example: { input: { status: 'active' }, output: 'id,name,email\r\n' },
});
