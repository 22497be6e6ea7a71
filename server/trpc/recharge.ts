import { pageOfSchema } from '@/server/domain/core/pagination';
import { getRecharge, listRechargeEvents, previewRecharge } from '@/server/domain/billing/auto-recharge/read';
import {
  foreseenSchema,
  previewInput,
  rechargeEventListInput,
  rechargeEventSchema,
  rechargeInput,
  rechargeSchema,
} from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { ofMember, oneMember, paged } from './inputs';
import { mutation, query, router } from './procedures';

export const recharge = router({
  getRecharge: query({
    input: oneMember,
    reply: rechargeSchema,
    run: (ctx, { memberId }) => getRecharge(ctx, memberId),
  }),
  setRecharge: mutation({
    input: rechargeInput.extend(ofMember),
    reply: rechargeSchema,
    run: (ctx, { memberId, ...rule }) => setRecharge(ctx, memberId, rule),
  }),
  previewRecharge: query({ input: previewInput, reply: foreseenSchema, run: previewRecharge }),
  deleteRecharge: mutation({
    input: oneMember,
    reply: rechargeSchema,
    run: (ctx, { memberId }) => deleteRecharge(ctx, memberId),
  }),
  listRechargeEvents: query({
    input: rechargeEventListInput.extend({ ...ofMember, ...paged }),
    reply: pageOfSchema(rechargeEventSchema),
    run: listRechargeEvents,
  }),
});
