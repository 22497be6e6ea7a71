import { z } from 'zod';
import { idCodec } from '@/server/domain/codecs';

/** What stands in the API's path, as fields of an input. A malformed id is `not_found`, as it is there. */
export const ofMember = { memberId: idCodec('mem') };

export const oneMember = z.strictObject(ofMember);
export const oneMessage = z.strictObject({ messageId: idCodec('msg') });
export const oneTransfer = z.strictObject({ transferId: idCodec('trf') });

/** The seat for which an owner sends: the API's `Member` header. */
export const onBehalf = { onBehalfOf: idCodec('mem').nullable().default(null) };
