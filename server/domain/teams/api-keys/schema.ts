import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { listInput } from '@/server/domain/core/pagination';

/** A member's API key, without its secret. */
export const keySchema = z
  .object({
    id: idCodec('key'),
    memberId: idCodec('mem'),
    prefix: z.string(),
    last4: z.string(),
    status: z.enum(['current', 'expiring', 'ended']).meta({
      description: '`expiring`: replaced by a rotation, valid until `expiresAt`.',
    }),
    createdAt: instantCodec,
    lastUsedAt: instantCodec.nullable(),
    expiresAt: instantCodec
      .nullable()
      .meta({ description: 'End of the rotation overlap; null unless the key was rotated.' }),
    endedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Key' });
export type Key = z.output<typeof keySchema>;

export const keyListInput = z.strictObject(listInput);
