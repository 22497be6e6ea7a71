import { previewMessages } from '@/server/domain/messaging/estimates/read';
import { messagesPreviewSchema, previewMessagesInput } from '@/server/domain/messaging/estimates/schema';
import {
  browseFacets,
  browseMessages,
  inspectMessage,
  pickSenders,
  previewExport,
} from '@/server/domain/messaging/message-log/read';
import {
  browseMessagesInput,
  exportSizeSchema,
  facetsSchema,
  logFilters,
  logPageSchema,
  pickSendersInput,
  sendersSchema,
  wholeMessageSchema,
} from '@/server/domain/messaging/message-log/schema';
import * as operations from '@/server/operations/messages';
import { onBehalf, oneMessage } from './inputs';
import { procedures } from './operations';
import { query, router } from './procedures';

export const messages = router({
  ...procedures(operations),
  browseMessages: query({ input: browseMessagesInput, output: logPageSchema, run: browseMessages }),
  browseFacets: query({ input: logFilters, output: facetsSchema, run: browseFacets }),
  pickSenders: query({ input: pickSendersInput, output: sendersSchema, run: pickSenders }),
  previewExport: query({ input: logFilters, output: exportSizeSchema, run: previewExport }),
  previewMessages: query({
    input: previewMessagesInput.extend(onBehalf),
    output: messagesPreviewSchema,
    run: previewMessages,
  }),
  inspectMessage: query({
    input: oneMessage,
    output: wholeMessageSchema,
    run: (ctx, { messageId }) => inspectMessage(ctx, messageId),
  }),
});
