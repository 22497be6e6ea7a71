import { getMe } from '@/server/domain/teams/read';
import { meSchema } from '@/server/domain/teams/schema';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/me', {
  GET: operation({
    id: 'getMe',
    summary: 'Who am I: team, seat, key, and the balance that this key spends',
    reply: meSchema,
    verb: (ctx, { holder }) => getMe(ctx, { id: holder.keyId, prefix: holder.prefix, last4: holder.last4 }),
  }),
});
