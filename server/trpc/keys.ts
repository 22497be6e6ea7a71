import { listKeys } from '@/server/domain/teams/api-keys/read';
import { keyListInput, keySchema } from '@/server/domain/teams/api-keys/schema';
import { endKey } from '@/server/domain/teams/api-keys/write';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { revealedKeySchema, rotatedKeySchema, rotateKeyInput } from '@/server/domain/teams/members/schema';
import { revealKey, rotateKey } from '@/server/domain/teams/members/write';
import { ofMember, oneKey, oneMember, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const keys = router({
  listKeys: query({
    input: keyListInput.extend({ ...ofMember, ...paged }),
    reply: pageOfSchema(keySchema),
    run: listKeys,
  }),
  endKey: mutation({ input: oneKey, reply: keySchema, run: (ctx, { keyId }) => endKey(ctx, keyId) }),
  rotateKey: mutation({ input: rotateKeyInput.extend(ofMember), reply: rotatedKeySchema, run: rotateKey }),
  revealKey: mutation({
    input: oneMember,
    reply: revealedKeySchema,
    run: (ctx, { memberId }) => revealKey(ctx, memberId),
  }),
});
