import { revealedKeySchema } from '@/server/domain/teams/members/schema';
import { revealKey } from '@/server/domain/teams/members/write';
import { exampleKey } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/key/reveal', {
  params: { id: 'mem' },
  POST: operation({
    id: 'revealKey',
    summary: "Reveal a member's current key; recorded in the audit log",
    reply: revealedKeySchema,
    errors: ['owner_required'],
    example: { reply: { apiKey: exampleKey } },
    run: (ctx, { params }) => revealKey(ctx, params['id']!),
  }),
});
