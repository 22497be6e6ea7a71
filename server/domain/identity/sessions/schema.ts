import { z } from 'zod';
import { idCodec, instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { roleSchema } from '@/server/domain/core/fields';

/** One of a person's own seats, in whatever team: what the chooser and the switcher of teams show. */
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
  canTakeBack: z.boolean().meta({ description: 'Stepped down himself, and the team has no active owner since.' }),
});
export type Membership = z.output<typeof membershipSchema>;

export const membershipsSchema = z.array(membershipSchema);

/** A browser in which the person is signed in. */
export const sessionSchema = z.object({
  id: idCodec('ses'),
  browser: z.string(),
  address: z.string().nullable(),
  createdAt: instantCodec,
  lastSeenAt: instantCodec.meta({ description: 'To the hour.' }),
  isThis: z.boolean(),
});
export type Session = z.output<typeof sessionSchema>;

export const sessionsSchema = z.array(sessionSchema);

export const oneSession = z.strictObject({ sessionId: idCodec('ses') });

/** A password or a code as it is typed: whether it is right is seen later, so nothing else is said of it. */
export const typedSecret = boundedText(1_000);

/** What proves who one is: the password, or where there is a second factor a code of it. */
export const proofInput = z.union([z.strictObject({ password: typedSecret }), z.strictObject({ code: typedSecret })]);
export type Proof = z.output<typeof proofInput>;
