import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec, amount } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { listInput, oneOrMore } from '@/server/domain/core/pagination';
import { rechargeInput, rechargeSchema } from '@/server/domain/billing/auto-recharge/schema';
import { MEMBER_STATUSES, RECHARGE_FILTERS, MEMBER_SORTS } from './rules';
import { nameSchema, DECEIVING, VISIBLE, isWithin, emailSchema, roleSchema } from '@/server/domain/core/fields';
import { passwordSchema } from '@/server/domain/identity/passwords/schema';

/** The integrator's own id of a member: opaque, kept as given, 1 to 255 printable characters. */
export const externalIdSchema = boundedText(2 * 255, 'Must be 1 to 255 characters.')
  .refine((id) => isWithin(id, 1, 255), 'Must be 1 to 255 characters.')
  .refine((id) => !DECEIVING.test(id) && VISIBLE.test(id), 'Must be printable characters.')
  .meta({ minLength: 1, maxLength: 255 });

const MAX_METADATA_KEYS = 50;

/** The integrator's own notes on a member: at most 50 keys of 1 to 40 characters, with texts of at most 500. */
export const metadataSchema = z
  .record(storable(boundedText(40).min(1)), storable(boundedText(500)))
  .refine((data) => Object.keys(data).length <= MAX_METADATA_KEYS, `Must have at most ${MAX_METADATA_KEYS} keys.`)
  .meta({ maxProperties: MAX_METADATA_KEYS });

// Postgres cannot store NUL or a lone surrogate in jsonb.
function storable(schema: z.ZodString) {
  return schema.refine((text) => !/[\0\p{Cs}]/u.test(text), 'Must not contain NUL or half a surrogate pair.');
}

/** A member, as the API shows it, without secrets. */
export const memberSchema = z
  .object({
    id: idCodec('mem'),
    name: z.string(),
    email: z.string(),
    role: roleSchema,
    status: z.enum(MEMBER_STATUSES),
    balance: moneyCodec,
    currency: z.string(),
    apiKey: z
      .object({
        id: idCodec('key'),
        prefix: z.string(),
        last4: z.string(),
        createdAt: instantCodec,
        lastUsedAt: instantCodec.nullable(),
      })
      .nullable(),
    recharge: rechargeSchema.nullable(),
    externalId: z.string().nullable(),
    metadata: z.record(z.string(), z.string()),
    createdAt: instantCodec,
    updatedAt: instantCodec,
    deletedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Member' });
export type Member = z.output<typeof memberSchema>;

export const memberListInput = z.strictObject({
  ...listInput,
  status: z.enum(MEMBER_STATUSES).optional().meta({ description: 'Default: all except deleted.' }),
  role: roleSchema.optional(),
  query: boundedText(200).trim().optional().meta({ description: 'Part of a name, email or externalId.' }),
  externalId: boundedText(255).optional(),
});
export type ListMembers = z.output<typeof memberListInput>;

export const memberFilters = memberListInput.omit({ limit: true, cursor: true });
export type FilterMembers = z.output<typeof memberFilters>;

/** A member, as the page shows it, with its usage and its sign-in. */
export const memberRowSchema = memberSchema.extend({
  emailGenerated: z.boolean(),
  signsIn: z.boolean().meta({ description: 'Whether the member has a user who signs in.' }),
  hasGeneratedSignIn: z.boolean().meta({ description: 'Whether an owner may reset the password of its user.' }),
  restorableUntil: instantCodec.nullable(),
  usage: z.object({ messages: z.int(), cost: moneyCodec }).meta({ description: 'Usage over the last 30 UTC days.' }),
});
export type MemberRow = z.output<typeof memberRowSchema>;

/** Filters of the page of members. */
export const memberRowFilters = z.strictObject({
  query: boundedText(200).trim().optional(),
  status: oneOrMore(z.enum(MEMBER_STATUSES), MEMBER_STATUSES.length).optional(),
  role: roleSchema.optional(),
  recharge: z.enum(RECHARGE_FILTERS).optional(),
});
export type MemberRowFilters = z.output<typeof memberRowFilters>;

const memberOrder = {
  sort: z.enum(MEMBER_SORTS).default('name'),
  direction: z.enum(['asc', 'desc']).default('asc'),
};
export const exportMembersInput = memberRowFilters.extend(memberOrder);
export type ExportMembers = z.output<typeof exportMembersInput>;

const PAGE_MAX = 1_000_000;

export const browseMembersInput = exportMembersInput.extend({
  page: z.int().min(1).max(PAGE_MAX).default(1),
  pageSize: z.int().min(1).max(100).default(25),
});
export type BrowseMembers = z.output<typeof browseMembersInput>;

/** A numbered page of members: `total` match the filters, `all` are not deleted. */
export const memberRowPageSchema = z.object({ data: z.array(memberRowSchema), total: z.int(), all: z.int() });
export type MemberRowPage = z.output<typeof memberRowPageSchema>;

/** The most members that one selection may hold. */
export const PICKED_MAX = 10_000;

/** The members of a selection over all pages. */
export const pickedMembersSchema = z.object({
  data: z.array(memberSchema.pick({ id: true, name: true, status: true, role: true, balance: true })),
  total: z.int(),
});
export type PickedMembers = z.output<typeof pickedMembersSchema>;

export const createMemberInput = z
  .strictObject({
    name: nameSchema.optional(),
    email: emailSchema.optional(),
    role: roleSchema.default('member'),
    password: passwordSchema
      .optional()
      .meta({ description: 'Password for a generated sign-in. Only without `email`.' }),
    generatePassword: z
      .boolean()
      .optional()
      .meta({ description: 'Generates a sign-in password and returns it. Only without `email`.' }),
    credit: amount.optional().meta({ description: 'Starting credit, paid from the master balance.' }),
    recharge: rechargeInput.optional(),
    externalId: externalIdSchema.nullish(),
    metadata: metadataSchema.optional(),
  })
  .superRefine((input, ctx) => {
    const wants = input.password !== undefined || input.generatePassword === true;
    const field = input.password === undefined ? 'generatePassword' : 'password';
    if (wants && input.email !== undefined) {
      const message =
        'Only for generated addresses. People with a real email set their own password from the invitation.';
      ctx.addIssue({ code: 'custom', path: [field], message });
    }
    if (input.password !== undefined && input.generatePassword === true) {
      ctx.addIssue({
        code: 'custom',
        path: ['generatePassword'],
        message: 'Set either `password` or `generatePassword`, not both.',
      });
    }
  });
export type CreateMember = z.output<typeof createMemberInput>;

export const createdMemberSchema = z
  .object({ member: memberSchema, secrets: z.object({ apiKey: z.string(), password: z.string().optional() }) })
  .meta({ id: 'CreatedMember' });
export type CreatedMember = z.output<typeof createdMemberSchema>;

export const updateMemberInput = z.strictObject({
  name: nameSchema.optional(),
  email: emailSchema.optional(),
  externalId: externalIdSchema.nullish(),
  metadata: metadataSchema.optional().meta({ description: 'Replaces all existing metadata.' }),
});
export type UpdateMember = z.output<typeof updateMemberInput> & { memberId: string };

export const deletedMemberSchema = z
  .object({
    member: memberSchema,
    returned: moneyCodec,
    transferId: idCodec('trf').nullable().meta({ description: 'Null when the balance was zero.' }),
  })
  .meta({ id: 'DeletedMember' });
export type DeletedMember = z.output<typeof deletedMemberSchema>;

export const setRoleInput = z.strictObject({ role: roleSchema });

export const OVERLAP_MAX_SECONDS = 604_800;
export const rotateKeyInput = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(OVERLAP_MAX_SECONDS)
    .default(0)
    .meta({ description: 'Seconds for which the old key still works; at most 7 days.' }),
});
export type RotateKey = z.output<typeof rotateKeyInput> & { memberId: string };

export const rotatedKeySchema = z
  .object({ member: memberSchema, secrets: z.object({ apiKey: z.string() }) })
  .meta({ id: 'RotatedKey' });
export type RotatedKey = z.output<typeof rotatedKeySchema>;

export const revealedKeySchema = z.object({ apiKey: z.string() });

export const leaveTeamInput = z.strictObject({ teamId: idCodec('team') });

export type LeaveTeam = z.output<typeof leaveTeamInput>;
