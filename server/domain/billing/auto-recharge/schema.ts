import { z } from 'zod';

import { ROLES } from '@/server/domain/core/actor';
import { idCodec, instantCodec, moneyCodec, amount, amountOrZero } from '@/server/domain/core/codecs';
import { listInput } from '@/server/domain/core/pagination';
import {
  CAP_PERIODS,
  findContradiction,
  FORESEEN,
  RECHARGE_REASONS,
  RECHARGE_STATES,
  type RechargeRule,
} from './rules';

/**
 * The input of an auto-recharge rule: exactly one of `amount` (fixed step) and `target` (fill up to). A target is above the
 * threshold, and a fixed amount is not above its cap.
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
      ctx.addIssue({ code: 'custom', path, message: 'Set either `amount` (a fixed step) or `target` (fill up to).' });
    }
    const contradiction = findContradiction(rule);
    if (contradiction) {
      ctx.addIssue({ code: 'custom', path: [contradiction.field], message: contradiction.detail });
    }
  })
  .meta({
    id: 'RechargeRule',
    description:
      'When the balance falls below `threshold`, it is recharged by steps of `amount` or up to `target`; set exactly one of the two. A target must be above the threshold, and a fixed amount must not be above its cap.',
  });

export type RechargeInput = z.output<typeof rechargeInput>;

/** A rule as a client writes it: amounts as decimal strings or integers. */
export type WrittenRule = z.input<typeof rechargeInput>;

const reason = z.enum(RECHARGE_REASONS).nullable();

/** A rule with its state: `waiting` for money, `paused` while its member cannot recharge, `off`. */
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
      description: 'Recharged in the current cap period; without a cap, in the current UTC day.',
    }),
    lastFiredAt: instantCodec.nullable(),
  })
  .meta({ id: 'Recharge' });
export type Recharge = z.output<typeof rechargeSchema>;

/** A rule as the API prints it, without its state. */
export type PrintedRule = Pick<z.input<typeof rechargeSchema>, 'enabled' | 'threshold' | 'amount' | 'target' | 'cap'>;

/** A recharge or refusal. Refusals of one episode for the same reason are one event with a count. */
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
    amount: moneyCodec.meta({ description: 'The amount added, or the amount that would have been needed.' }),
    transferId: idCodec('trf').nullable(),
  })
  .meta({ id: 'RechargeEvent' });
export type RechargeEvent = z.output<typeof rechargeEventSchema>;

export const rechargeEventListInput = z.strictObject(listInput);

/** The input of a preview: a rule for a member, or for one yet to be created (`memberId` null) with this credit and role. */
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

/** Converts an input to the rule on which the calculations work. */
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
