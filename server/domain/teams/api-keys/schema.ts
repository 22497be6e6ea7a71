import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { listInput } from '@/server/domain/core/pagination';

/** A key of a seat, without its secret. */
export const keySchema = z
  .object({
    id: idCodec('key'),
    memberId: idCodec('mem'),
    prefix: z.string(),
    last4: z.string(),
    status: z.enum(['current', 'expiring', 'ended']).meta({
      description: '`expiring`: rotated out, and good until `expiresAt`.',
    }),
    createdAt: instantCodec,
    lastUsedAt: instantCodec.nullable(),
    expiresAt: instantCodec.nullable().meta({ description: 'The end of its overlap; null on a key not rotated out.' }),
    endedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Key' });
export type Key = z.output<typeof keySchema>;

export const keyListInput = z.strictObject(listInput);
