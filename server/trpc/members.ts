import { browseMembers, getMemberRow, pickMembers } from '@/server/domain/teams/members/read';
import {
  browseMembersInput,
  memberRowFilters,
  memberRowPageSchema,
  memberRowSchema,
  pickedMembersSchema,
} from '@/server/domain/teams/members/schema';
import * as operations from '@/server/operations/members';
import { oneMember } from './inputs';
import { procedures } from './operations';
import { query, router } from './procedures';

export const members = router({
  ...procedures(operations),
  browseMembers: query({ input: browseMembersInput, output: memberRowPageSchema, run: browseMembers }),
  pickMembers: query({ input: memberRowFilters, output: pickedMembersSchema, run: pickMembers }),
  getMemberRow: query({
    input: oneMember,
    output: memberRowSchema,
    run: (ctx, { memberId }) => getMemberRow(ctx, memberId),
  }),
});
