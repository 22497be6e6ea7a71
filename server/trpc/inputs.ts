import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';

/** The ids of the queries that only serve a page. A malformed id is `not_found`, like in the API. */
export const oneMember = z.strictObject({ memberId: idCodec('mem') });
export const oneMessage = z.strictObject({ messageId: idCodec('msg') });
export const oneInvitation = z.strictObject({ invitationId: idCodec('inv') });

/** The member an owner sends for, like the API's `Member` header. */
export const onBehalf = { onBehalfOf: idCodec('mem').nullable().default(null) };
