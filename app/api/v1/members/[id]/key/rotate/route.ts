import { rotatedKeySchema, rotateKeyInput } from '@/server/domain/teams/members/schema';
import { rotateKey } from '@/server/domain/teams/members/write';
import { exampleKey, member } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/key/rotate', {
  params: { id: 'mem' },
  POST: operation({
    id: 'rotateKey',
    summary: "Rotate a member's key; the old one ends at once or after an overlap",
    body: rotateKeyInput,
    reply: rotatedKeySchema,
    status: 201,
    errors: ['member_deleted'],
    example: { body: { overlapSeconds: 3600 }, reply: { member, secrets: { apiKey: exampleKey } } },
    run: (ctx, { params, body }) => rotateKey(ctx, { ...body, memberId: params['id']! }),
  }),
});
