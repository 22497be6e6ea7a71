import * as read from '@/server/domain/billing/auto-recharge/read';
import * as write from '@/server/domain/billing/auto-recharge/write';
import {
  rechargeEventListInput,
  rechargeEventSchema,
  rechargeInput,
  rechargeSchema,
} from '@/server/domain/billing/auto-recharge/schema';
import { pageOfSchema } from '@/server/domain/core/pagination';
import { exampleId, recharge } from './examples';
import { operation } from './operation';

export const getRecharge = operation({
  method: 'GET',
  path: '/members/{memberId}/recharge',
  summary: "Get a member's auto-recharge rule",
  output: rechargeSchema,
  example: { output: recharge },
  run: (ctx, { memberId }) => read.getRecharge(ctx, memberId),
});

export const setRecharge = operation({
  method: 'PUT',
  path: '/members/{memberId}/recharge',
  summary: 'Create or replace the rule; it recharges at once if the balance is already low',
  input: rechargeInput,
  output: rechargeSchema,
  errors: ['invalid_amount', 'owner_required', 'member_deleted'],
  example: {
    input: { threshold: '5.00', target: '50.00', cap: { amount: '200.00', period: 'month' } },
    output: recharge,
  },
  run: (ctx, { memberId, ...rule }) => write.setRecharge(ctx, memberId, rule),
});

export const deleteRecharge = operation({
  method: 'DELETE',
  path: '/members/{memberId}/recharge',
  summary: 'Delete the rule; its history stays',
  output: rechargeSchema,
  errors: ['owner_required', 'member_deleted'],
  example: { output: { ...recharge, enabled: false, state: 'off' } },
  run: (ctx, { memberId }) => write.deleteRecharge(ctx, memberId),
});

export const listRechargeEvents = operation({
  method: 'GET',
  path: '/members/{memberId}/recharge/events',
  summary: 'List recharge events, newest first',
  input: rechargeEventListInput,
  output: pageOfSchema(rechargeEventSchema),
  example: {
    input: { limit: '10' },
    output: {
      data: [
        {
          id: exampleId('rce'),
          at: '2026-03-02T09:15:04.210Z',
          outcome: 'fired',
          reason: null,
          count: 1,
          lastAt: '2026-03-02T09:15:04.210Z',
          detail: 'The balance fell below 5.00, so 48.20 was added.',
          balanceBefore: '1.80',
          amount: '48.20',
          transferId: exampleId('trf'),
        },
      ],
      nextCursor: null,
    },
  },
  run: read.listRechargeEvents,
});
