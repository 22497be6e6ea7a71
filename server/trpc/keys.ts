import { revealedKeySchema, rotatedKeySchema, rotateKeyInput } from '@/server/domain/members/schema';
import { revealKey, rotateKey } from '@/server/domain/members/write';
import { ofMember, oneMember } from './inputs';
import { mutation, router } from './procedures';

export const keys = router({
  rotateKey: mutation({ input: rotateKeyInput.extend(ofMember), reply: rotatedKeySchema, verb: rotateKey }),
  revealKey: mutation({
    input: oneMember,
    reply: revealedKeySchema,
    verb: (ctx, { memberId }) => revealKey(ctx, memberId),
  }),
});
