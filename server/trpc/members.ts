import { pageOfSchema } from '@/server/domain/core/pagination';
import { browseMembers, getMember, getMemberRow, listMembers, pickMembers } from '@/server/domain/teams/members/read';
import {
  browseMembersInput,
  createdMemberSchema,
  createMemberInput,
  deletedMemberSchema,
  memberListInput,
  memberSchema,
  pickedMembersSchema,
  memberRowFilters,
  memberRowPageSchema,
  memberRowSchema,
  setRoleInput,
  updateMemberInput,
} from '@/server/domain/teams/members/schema';
import {
  activateMember,
  createMember,
  deactivateMember,
  deleteMember,
  prepareMember,
  restoreMember,
  setRole,
  updateMember,
} from '@/server/domain/teams/members/write';
import { HASH_COST } from '@/server/domain/core/password-hashing';
import { ofMember, oneMember, paged } from './inputs';
import { mutation, query, router } from './procedures';
import { prepareReset, resetMemberPassword } from '@/server/domain/teams/member-sign-in/write';
import { passwordResetSchema } from '@/server/domain/teams/member-sign-in/schema';

export const members = router({
  listMembers: query({
    input: memberListInput.extend(paged),
    reply: pageOfSchema(memberSchema),
    run: listMembers,
  }),
  browseMembers: query({ input: browseMembersInput, reply: memberRowPageSchema, run: browseMembers }),
  pickMembers: query({ input: memberRowFilters, reply: pickedMembersSchema, run: pickMembers }),
  getMemberRow: query({
    input: oneMember,
    reply: memberRowSchema,
    run: (ctx, { memberId }) => getMemberRow(ctx, memberId),
  }),
  createMember: mutation({
    input: createMemberInput,
    reply: createdMemberSchema,
    extraCost: ({ password, generatePassword }) => (password !== undefined || generatePassword ? HASH_COST : 0),
    prepare: prepareMember,
    run: createMember,
  }),
  getMember: query({ input: oneMember, reply: memberSchema, run: (ctx, { memberId }) => getMember(ctx, memberId) }),
  updateMember: mutation({ input: updateMemberInput.extend(ofMember), reply: memberSchema, run: updateMember }),
  deleteMember: mutation({
    input: oneMember,
    reply: deletedMemberSchema,
    run: (ctx, { memberId }) => deleteMember(ctx, memberId),
  }),
  restoreMember: mutation({
    input: oneMember,
    reply: memberSchema,
    run: (ctx, { memberId }) => restoreMember(ctx, memberId),
  }),
  activateMember: mutation({
    input: oneMember,
    reply: memberSchema,
    run: (ctx, { memberId }) => activateMember(ctx, memberId),
  }),
  deactivateMember: mutation({
    input: oneMember,
    reply: memberSchema,
    run: (ctx, { memberId }) => deactivateMember(ctx, memberId),
  }),
  resetMemberPassword: mutation({
    input: oneMember,
    reply: passwordResetSchema,
    extraCost: () => HASH_COST,
    prepare: (ctx, { memberId }) => prepareReset(ctx, memberId),
    run: (ctx, { memberId }, prepared) => resetMemberPassword(ctx, memberId, prepared),
  }),
  setRole: mutation({ input: setRoleInput.extend(ofMember), reply: memberSchema, run: setRole }),
});
