import { getMessage } from '@/server/domain/messages/read';
import { messageDetailSchema } from '@/server/domain/messages/schema';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/{id}', {
  params: { id: 'msg' },
  GET: operation({
    id: 'getMessage',
    summary: 'One message with every change of its status',
    reply: messageDetailSchema,
    verb: (ctx, { params }) => getMessage(ctx, params['id']!),
  }),
});
