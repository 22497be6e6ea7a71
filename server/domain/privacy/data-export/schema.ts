import { z } from 'zod';
import { auditEventSchema } from '@/server/domain/teams/audit/schema';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { roleSchema } from '@/server/domain/core/fields';
const teamOf = z.object({ id: idCodec('team'), name: z.string() });

/**
 * All data that is kept about one user, without secrets: for a password and two-factor it only says that they exist.
 */
export const exportedSchema = z.object({
  exportedAt: instantCodec,
  user: z.object({
    id: idCodec('usr'),
    name: z.string(),
    email: z.string(),
    emailProvenAt: instantCodec.nullable(),
    hasPassword: z.boolean(),
    twoFactorSince: instantCodec.nullable(),
    createdAt: instantCodec,
  }),
  memberships: z.array(
    z.object({
      team: teamOf,
      id: idCodec('mem'),
      name: z.string(),
      email: z.string(),
      role: roleSchema,
      status: z.enum(['active', 'inactive', 'deleted']),
      externalId: z.string().nullable(),
      metadata: z.record(z.string(), z.string()),
      createdAt: instantCodec,
      messages: z
        .string()
        .meta({ description: 'URL of the messages of the member as a file, while the user is signed in.' }),
      transfers: z.string(),
    }),
  ),
  sessions: z.array(
    z.object({
      id: idCodec('ses'),
      address: z.string().nullable(),
      agent: z.string().nullable(),
      createdAt: instantCodec,
      lastSeenAt: instantCodec.nullable(),
      expiresAt: instantCodec,
      revokedAt: instantCodec.nullable(),
    }),
  ),
  mails: z.array(z.object({ kind: z.string(), address: z.string(), state: z.string(), createdAt: instantCodec })),
  invitations: z.array(
    z.object({
      team: teamOf,
      id: idCodec('inv'),
      email: z.string(),
      name: z.string().nullable(),
      status: z.string(),
      createdAt: instantCodec,
    }),
  ),
  auditEvents: z.array(
    auditEventSchema.pick({ id: true, at: true, action: true, channel: true, address: true }).extend({ team: teamOf }),
  ),
});
export type Exported = z.output<typeof exportedSchema>;
