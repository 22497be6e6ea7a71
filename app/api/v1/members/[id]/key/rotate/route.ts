import { rotatedKeySchema, rotateKeyInput } from '@/server/domain/members/schema';
import { rotateKey } from '@/server/domain/members/write';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/members/{id}/key/rotate', {
  params: { id: 'mem' },
  POST: operation({
    id: 'rotateKey',
    summary: 'Give a member a new key; the old one dies at once or after an overlap',
    body: rotateKeyInput,
    reply: rotatedKeySchema,
    status: 201,
    verb: (ctx, { params, body }) => rotateKey(ctx, { ...body, memberId: params['id']! }),
  }),
});
