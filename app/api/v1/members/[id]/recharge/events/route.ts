import { pageOfSchema } from '@/server/domain/lists';
import { listRechargeEvents } from '@/server/domain/recharge/read';
import { rechargeEventListInput, rechargeEventSchema } from '@/server/domain/recharge/schema';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/recharge/events', {
  params: { id: 'mem' },
  GET: operation({
    id: 'listRechargeEvents',
    summary: 'Why the rule did or did not recharge, newest first',
    query: rechargeEventListInput,
    reply: pageOfSchema(rechargeEventSchema),
    verb: (ctx, { params, query }) => listRechargeEvents(ctx, { ...query, memberId: params['id']! }),
  }),
});
