import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { roleSchema } from '@/server/domain/core/fields';

/** One of a user's memberships, as the team switcher shows it. */
export const membershipSchema = z.object({
  team: z.object({
    id: idCodec('team'),
    name: z.string(),
    slug: z.string(),
    currency: z.string(),
    status: z.enum(['active', 'suspended']),
  }),
  member: z.object({
    id: idCodec('mem'),
    name: z.string(),
    role: roleSchema,
    status: z.enum(['active', 'inactive']),
  }),
  canTakeBack: z
    .boolean()
    .meta({ description: 'True for a former owner who stepped down, while the team has no active owner.' }),
});
export type Membership = z.output<typeof membershipSchema>;

export const membershipsSchema = z.array(membershipSchema);

/** A browser in which the user is signed in. */
export const sessionSchema = z.object({
  id: idCodec('ses'),
  browser: z.string(),
  address: z.string().nullable(),
  createdAt: instantCodec,
  lastSeenAt: instantCodec.meta({ description: 'Accurate to one hour.' }),
  isThis: z.boolean(),
});
export type Session = z.output<typeof sessionSchema>;

export const sessionsSchema = z.array(sessionSchema);

export const oneSession = z.strictObject({ sessionId: idCodec('ses') });

/** A typed password or code. Only its length is limited here; its value is checked later. */
export const typedSecret = boundedText(1_000);

/** The proof of a reauthentication: the password, or a code of the second factor. */
export const proofInput = z.union([z.strictObject({ password: typedSecret }), z.strictObject({ code: typedSecret })]);
export type Proof = z.output<typeof proofInput>;
