import { confirmedRatesSchema } from '@/server/domain/billing/rates/schema';
import { confirmRates } from '@/server/domain/billing/rates/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/rates/confirm', {
  POST: operation({
    id: 'confirmRates',
    summary: 'Confirm that the prices are the team’s own and no longer samples',
    reply: confirmedRatesSchema,
    errors: ['owner_required'],
    example: { reply: { samplePrices: false } },
    run: (ctx) => confirmRates(ctx),
  }),
});
