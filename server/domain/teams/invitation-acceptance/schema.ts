import { z } from 'zod';
import { instantCodec, moneyCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { nameSchema, roleSchema } from '@/server/domain/core/fields';
import { passwordSchema } from '@/server/domain/identity/passwords/schema';

/** The token of an invitation's link. */
const token = boundedText(200);
export const linkInput = z.strictObject({ token });
export type LinkInput = z.output<typeof linkInput>;

/** What has become of a link: it can be used, or why not. `replaced`: a newer one was sent. */
export const LINK_STATES = ['open', 'expired', 'replaced', 'accepted', 'declined', 'revoked', 'suspended'] as const;

/**
 * How whoever looks at a link joins: as a new person; by a new password, because nobody has proven the address before this mail
 * did; by signing in; as a new person or by signing in, where the link does not say which; as who is signed in; not as who is
 * signed in, because it is another; or not at all, having a seat there.
 */
export const JOIN_WAYS = ['new', 'renew', 'sign-in', 'new-or-sign-in', 'join', 'other', 'member'] as const;

/** What the page of a link shows: the same to whoever has it, and no more than the mail said. */
export const linkSchema = z.object({
  state: z.enum(LINK_STATES),
  as: z.enum(JOIN_WAYS),
  team: z.object({ name: z.string(), slug: z.string().nullable().meta({ description: 'Only for who is in it.' }) }),
  invitedBy: z.string(),
  email: z.string(),
  name: z.string().nullable(),
  role: roleSchema,
  claims: z.string().nullable().meta({ description: 'The name of the member that is taken over.' }),
  credit: moneyCodec.nullable(),
  currency: z.string(),
  expiresAt: instantCodec,
  requested: z.boolean().meta({ description: 'Whether a new link was asked for.' }),
});
export type LinkShown = z.output<typeof linkSchema>;

export const acceptInput = linkInput.extend({ name: nameSchema.optional(), password: passwordSchema.optional() });
export type AcceptInvitation = z.output<typeof acceptInput>;

export const joinedSchema = z.object({
  slug: z.string(),
  email: z.string(),
  creditMissing: z.boolean().meta({ description: 'The starting credit could not be paid; the owners are told.' }),
  balance: moneyCodec
    .nullable()
    .meta({ description: 'What the member can spend; null for an owner, who spends the master balance.' }),
  apiKey: z
    .string()
    .nullable()
    .meta({ description: 'The key of a new member, here alone; null for one that was taken over.' }),
});
export type Joined = z.output<typeof joinedSchema>;

export const closedLinkSchema = z.object({ state: z.enum(LINK_STATES) });
