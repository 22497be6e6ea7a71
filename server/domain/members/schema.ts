import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec } from '../codecs';
import { listInput } from '../lists';
import { amount } from '../money';
import { rechargeInput, rechargeSchema } from '../recharge/schema';
import { emailSchema, externalIdSchema, metadataSchema, nameSchema, passwordSchema } from './rules';

export const roleSchema = z.enum(['owner', 'member']);

/** A seat, as the API shows it. Never a secret. */
export const memberSchema = z
  .object({
    id: idCodec('mem'),
    name: z.string(),
    email: z.string(),
    role: roleSchema,
    status: z.enum(['active', 'inactive', 'deleted']),
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
  status: z.enum(['active', 'inactive', 'deleted']).optional().meta({ description: 'Default: all but deleted.' }),
  role: roleSchema.optional(),
  query: z.string().trim().max(200).optional().meta({ description: 'Part of a name, email or externalId.' }),
  externalId: z.string().max(255).optional(),
});
export type ListMembers = z.output<typeof memberListInput>;

export const createMemberInput = z
  .strictObject({
    name: nameSchema.optional(),
    email: emailSchema.optional(),
    role: roleSchema.default('member'),
    password: passwordSchema.optional().meta({ description: 'A sign-in. Only without `email`.' }),
    generatePassword: z.boolean().optional().meta({ description: 'A sign-in, in the answer. Only without `email`.' }),
    credit: amount.optional().meta({ description: 'A starting credit, from the master balance.' }),
    recharge: rechargeInput.optional(),
    externalId: externalIdSchema.nullish(),
    metadata: metadataSchema.optional(),
  })
  .superRefine((input, ctx) => {
    const wants = input.password !== undefined || input.generatePassword === true;
    const field = input.password === undefined ? 'generatePassword' : 'password';
    if (wants && input.email !== undefined) {
      const message =
        'Only with a generated email: a real address gets its password from its holder, through an invitation.';
      ctx.addIssue({ code: 'custom', path: [field], message });
    }
    if (input.password !== undefined && input.generatePassword === true) {
      ctx.addIssue({
        code: 'custom',
        path: ['generatePassword'],
        message: 'Give a password or have one generated, not both.',
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
  metadata: metadataSchema.optional().meta({ description: 'Replaces what was there.' }),
});
export type UpdateMember = z.output<typeof updateMemberInput> & { memberId: string };

export const deletedMemberSchema = z
  .object({
    member: memberSchema,
    returned: moneyCodec,
    transferId: idCodec('trf').nullable().meta({ description: 'Null when there was nothing to return.' }),
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
    .meta({ description: 'How long the old key still works: at most 7 days.' }),
});
export type RotateKey = z.output<typeof rotateKeyInput> & { memberId: string };

export const rotatedKeySchema = z
  .object({ member: memberSchema, secrets: z.object({ apiKey: z.string() }) })
  .meta({ id: 'RotatedKey' });
export type RotatedKey = z.output<typeof rotatedKeySchema>;

export const revealedKeySchema = z.object({ apiKey: z.string() });
