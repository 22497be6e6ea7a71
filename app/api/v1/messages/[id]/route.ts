import { getMessage } from '@/server/domain/messaging/messages/read';
import { messageDetailSchema } from '@/server/domain/messaging/messages/schema';
import { delivered, message } from '@/server/http/openapi-examples';
import { operation } from '@/server/http/operation';
import { resource } from '@/server/http/resource';

export const { GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE } = resource('/messages/{id}', {
  params: { id: 'msg' },
  GET: operation({
    id: 'getMessage',
    summary: 'Get a message with every change of its status',
    reply: messageDetailSchema,
    example: {
      reply: {
        ...message,
        ...delivered,
        events: [
          { status: 'queued', at: message.createdAt, detail: null },
          { status: 'sent', at: delivered.sentAt, detail: null },
          { status: 'delivered', at: delivered.deliveredAt, detail: null },
        ],
      },
    },
    run: (ctx, { params }) => getMessage(ctx, params['id']!),
  }),
});
