import { getRecharge } from '@/server/domain/billing/auto-recharge/read';
import { rechargeInput, rechargeSchema } from '@/server/domain/billing/auto-recharge/schema';
import { deleteRecharge, setRecharge } from '@/server/domain/billing/auto-recharge/write';
import { recharge } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/recharge', {
  params: { id: 'mem' },
  GET: operation({
    id: 'getRecharge',
    summary: "Get a member's auto-recharge rule",
    reply: rechargeSchema,
    example: { reply: recharge },
    run: (ctx, { params }) => getRecharge(ctx, params['id']!),
  }),
  PUT: operation({
    id: 'setRecharge',
    summary: 'Create or replace the rule; it recharges at once if the balance is already low',
    body: rechargeInput,
    reply: rechargeSchema,
    errors: ['invalid_amount', 'owner_required', 'member_deleted'],
    example: {
      body: { threshold: '5.00', target: '50.00', cap: { amount: '200.00', period: 'month' } },
      reply: recharge,
    },
    run: (ctx, { params, body }) => setRecharge(ctx, params['id']!, body),
  }),
  DELETE: operation({
    id: 'deleteRecharge',
    summary: 'Delete the rule; its history stays',
    reply: rechargeSchema,
    errors: ['owner_required', 'member_deleted'],
    example: { reply: { ...recharge, enabled: false, state: 'off' } },
    run: (ctx, { params }) => deleteRecharge(ctx, params['id']!),
  }),
});
