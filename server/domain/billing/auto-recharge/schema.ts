import { z } from 'zod';

import { ROLES } from '@/server/domain/core/actor';
import { idCodec, instantCodec, moneyCodec, amount, amountOrZero } from '@/server/domain/core/codecs';
import { listInput } from '@/server/domain/core/pagination';
import { CAP_PERIODS, FORESEEN, RECHARGE_REASONS, RECHARGE_STATES, type RechargeRule } from './rules';

/**
 * A recharge rule as it is given: `amount` (fixed step) or `target` (fill up to), exactly one; a target above the
 * threshold; a fixed amount that its cap allows at least once.
 */
export const rechargeInput = z
  .strictObject({
    enabled: z.boolean().default(true),
    threshold: amountOrZero,
    amount: amount.optional(),
    target: amount.optional(),
    cap: z
      .strictObject({ amount, period: z.enum(CAP_PERIODS) })
      .nullable()
      .optional(),
  })
  .superRefine((rule, ctx) => {
    if ((rule.amount === undefined) === (rule.target === undefined)) {
      const path = [rule.amount === undefined ? 'amount' : 'target'];
      ctx.addIssue({ code: 'custom', path, message: 'Give either `amount` (a fixed step) or `target` (fill up to).' });
    }
    if (rule.target !== undefined && rule.target <= rule.threshold) {
      ctx.addIssue({ code: 'custom', path: ['target'], message: 'Must be above the threshold.' });
    }
    if (rule.amount !== undefined && rule.cap && rule.amount > rule.cap.amount) {
      const message = 'Must not be above the cap: the rule could never fire.';
      ctx.addIssue({ code: 'custom', path: ['amount'], message });
    }
  })
  .meta({
    id: 'RechargeRule',
    description:
      'When the balance falls below `threshold`, it is raised: by steps of `amount`, or up to `target`; exactly one of the two. A target is above the threshold, a fixed amount not above its cap.',
  });

export type RechargeInput = z.output<typeof rechargeInput>;

const reason = z.enum(RECHARGE_REASONS).nullable();

/** A rule with its state: `waiting` for money it could not draw, `paused` while its seat does not recharge, `off`. */
export const rechargeSchema = z
  .object({
    enabled: z.boolean(),
    threshold: moneyCodec,
    amount: moneyCodec.optional(),
    target: moneyCodec.optional(),
    cap: z.object({ amount: moneyCodec, period: z.enum(CAP_PERIODS) }).nullable(),
    state: z.enum(RECHARGE_STATES),
    reason,
    spentInPeriod: moneyCodec.meta({
      description: 'Recharged in the period of the cap; without a cap, in this UTC day.',
    }),
    lastFiredAt: instantCodec.nullable(),
  })
  .meta({ id: 'Recharge' });
export type Recharge = z.output<typeof rechargeSchema>;

/** One firing or refusal. Refusals of one episode for one reason are one event with a count. */
export const rechargeEventSchema = z
  .object({
    id: idCodec('rce'),
    at: instantCodec,
    outcome: z.enum(['fired', 'refused']),
    reason,
    count: z.int(),
    lastAt: instantCodec,
    detail: z.string(),
    balanceBefore: moneyCodec,
    amount: moneyCodec.meta({ description: 'What was added, or what would have been needed.' }),
    transferId: idCodec('trf').nullable(),
  })
  .meta({ id: 'RechargeEvent' });
export type RechargeEvent = z.output<typeof rechargeEventSchema>;

export const rechargeEventListInput = z.strictObject(listInput);

/** What making this rule would do now, to a member (null: one that is yet to be made, with this credit and role). */
export const previewInput = rechargeInput.extend({
  memberId: idCodec('mem').nullable(),
  credit: amount.optional(),
  role: z.enum(ROLES).default('member'),
});
export type PreviewRecharge = z.output<typeof previewInput>;

export const foreseenSchema = z.object({
  outcome: z.enum(FORESEEN),
  amount: moneyCodec.nullable(),
  reason,
  memberAfter: moneyCodec,
  masterAfter: moneyCodec,
});

/** The rule that an input means, in the shape the exact rules work on. */
export function ruleFromInput(input: RechargeInput): RechargeRule {
  return {
    enabled: input.enabled,
    threshold: input.threshold,
    amount: input.amount ?? null,
    target: input.target ?? null,
    capAmount: input.cap?.amount ?? null,
    capPeriod: input.cap?.period ?? null,
  };
}
