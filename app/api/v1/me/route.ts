import { getMe } from '@/server/domain/teams/teams/read';
import { meSchema } from '@/server/domain/teams/teams/schema';
import { exampleId, member, team } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/me', {
  GET: operation({
    id: 'getMe',
    summary: 'Get the team, member, key and balance of this key',
    reply: meSchema,
    example: {
      reply: {
        team: { id: team.id, name: team.name, currency: team.currency },
        member,
        key: { id: exampleId('key'), prefix: 'pur_live_4bQz', last4: 'DsB7' },
        balance: '25.00',
      },
    },
    run: (ctx, { keyMember }) => getMe(ctx, { id: keyMember.keyId, prefix: keyMember.prefix, last4: keyMember.last4 }),
  }),
});
