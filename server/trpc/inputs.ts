import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { limitAsNumber } from '@/server/domain/core/pagination';
import { batchInput, newMessageInput } from '@/server/domain/messaging/messages/schema';

/** What stands in the API's path, as fields of an input. A malformed id is `not_found`, as it is there. */
export const ofMember = { memberId: idCodec('mem') };

export const ofTransfer = { transferId: idCodec('trf') };

export const oneMember = z.strictObject(ofMember);
export const oneMessage = z.strictObject({ messageId: idCodec('msg') });
export const oneTransfer = z.strictObject(ofTransfer);
export const oneInvitation = z.strictObject({ invitationId: idCodec('inv') });
export const oneKey = z.strictObject({ keyId: idCodec('key') });

/** The seat for which an owner sends: the API's `Member` header. */
export const onBehalf = { onBehalfOf: idCodec('mem').nullable().default(null) };
export const estimateOnBehalf = z.union([newMessageInput.extend(onBehalf), batchInput.extend(onBehalf)]);

/** What a list takes here beside its filters. tRPC's client names the direction when it asks page by page; there is one. */
export const paged = { ...limitAsNumber, direction: z.literal('forward').optional() };
