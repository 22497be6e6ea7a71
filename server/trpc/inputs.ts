import { z } from 'zod';
import { idCodec } from '@/server/domain/core/codecs';
import { limitAsNumber } from '@/server/domain/core/pagination';
import { batchInput, newMessageInput } from '@/server/domain/messaging/messages/schema';

/** The path parameters of the API, as input fields. A malformed id is `not_found`, like in the API. */
export const ofMember = { memberId: idCodec('mem') };

export const ofTransfer = { transferId: idCodec('trf') };

export const oneMember = z.strictObject(ofMember);
export const oneMessage = z.strictObject({ messageId: idCodec('msg') });
export const oneTransfer = z.strictObject(ofTransfer);
export const oneInvitation = z.strictObject({ invitationId: idCodec('inv') });
export const oneKey = z.strictObject({ keyId: idCodec('key') });

/** The member an owner sends for, like the API's `Member` header. */
export const onBehalf = { onBehalfOf: idCodec('mem').nullable().default(null) };
export const estimateOnBehalf = z.union([newMessageInput.extend(onBehalf), batchInput.extend(onBehalf)]);

/** The paging fields of a list. tRPC's infinite queries send a direction, of which there is one. */
export const paged = { ...limitAsNumber, direction: z.literal('forward').optional() };
