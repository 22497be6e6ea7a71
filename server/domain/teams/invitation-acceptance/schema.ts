import { z } from 'zod';
import { instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { nameSchema, roleSchema } from '@/server/domain/core/fields';
import { passwordSchema } from '@/server/domain/identity/passwords/schema';

/** The token of an invitation link. */
const token = boundedText(200);
export const linkInput = z.strictObject({ token });
export type LinkInput = z.output<typeof linkInput>;

/** The states of a link. `replaced`: a newer link was sent. */
export const LINK_STATES = ['open', 'expired', 'replaced', 'accepted', 'declined', 'revoked', 'suspended'] as const;

/**
 * Ways to join by a link: `new` as a new user, `renew` with a new password because the address was never verified,
 * `sign-in` by signing in, `new-or-sign-in` where the link does not reveal which, `join` as the signed-in user, `other`
 * when another user is signed in, `member` when the user already is one.
 */
export const JOIN_WAYS = ['new', 'renew', 'sign-in', 'new-or-sign-in', 'join', 'other', 'member'] as const;

/** The contents of the page of a link: the same for everyone who opens it, and no more than the email said. */
export const linkSchema = z.object({
  state: z.enum(LINK_STATES),
  as: z.enum(JOIN_WAYS),
  team: z.object({
    name: z.string(),
    slug: z.string().nullable().meta({ description: 'Only for members of the team.' }),
  }),
  invitedBy: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  role: roleSchema,
  claims: z.string().nullable().meta({ description: 'Name of the member to claim.' }),
  credit: moneyCodec.nullable(),
  currency: z.string(),
  expiresAt: instantCodec,
  requested: z.boolean().meta({ description: 'Whether a new link was requested.' }),
});
export type LinkShown = z.output<typeof linkSchema>;

export const acceptInput = linkInput.extend({ name: nameSchema.optional(), password: passwordSchema.optional() });
export type AcceptInvitation = z.output<typeof acceptInput>;

export const joinedSchema = z.object({
  slug: z.string(),
  email: z.string(),
  creditMissing: z.boolean().meta({ description: 'The starting credit could not be paid; the owners are notified.' }),
  balance: moneyCodec
    .nullable()
    .meta({ description: 'The balance the member can spend; null for an owner, who spends the master balance.' }),
  apiKey: z
    .string()
    .nullable()
    .meta({ description: 'API key of a new member, shown only here; null for a claimed member.' }),
});
export type Joined = z.output<typeof joinedSchema>;

export const closedLinkSchema = z.object({ state: z.enum(LINK_STATES) });
