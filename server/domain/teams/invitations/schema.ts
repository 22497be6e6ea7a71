import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec, amount } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { listInput, oneOrMore } from '@/server/domain/core/pagination';
import { isGeneratedEmail } from '../members/rules';
import { CAP_PERIODS } from '@/server/domain/billing/auto-recharge/rules';
import { rechargeInput } from '@/server/domain/billing/auto-recharge/schema';
import { REVOKED_REASONS } from '../inviters/rules';
import { DELIVERIES, INVITATION_STATUSES } from './rules';
import { emailSchema, nameSchema, roleSchema } from '@/server/domain/core/fields';

/** The auto-recharge rule that is created when an invitation is accepted. */
export const plannedRuleSchema = z
  .object({
    enabled: z.boolean(),
    threshold: moneyCodec,
    amount: moneyCodec.optional(),
    target: moneyCodec.optional(),
    cap: z.object({ amount: moneyCodec, period: z.enum(CAP_PERIODS) }).nullable(),
  })
  .meta({ id: 'PlannedRecharge' });

/** An invitation, as the API shows it. */
export const invitationSchema = z
  .object({
    id: idCodec('inv'),
    email: z.string(),
    name: z.string().nullable(),
    role: roleSchema,
    memberId: idCodec('mem')
      .nullable()
      .meta({ description: 'The member to claim; once accepted, the member that joined.' }),
    status: z.enum(INVITATION_STATUSES),
    revokedReason: z
      .enum(REVOKED_REASONS)
      .nullable()
      .meta({ description: 'Reason of the revocation. `inviter_…`: the inviter may no longer invite.' }),
    delivery: z.enum(DELIVERIES).meta({ description: 'Delivery state of its email; `none`: no email was sent.' }),
    credit: moneyCodec.nullable().meta({ description: 'Starting credit, paid from the master balance on acceptance.' }),
    recharge: plannedRuleSchema.nullable(),
    url: z.string().nullable().meta({ description: 'Link to share by hand. Null unless pending.' }),
    expiresAt: instantCodec,
    createdAt: instantCodec,
    acceptedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.output<typeof invitationSchema>;

/** The link of one invitation, to share by hand. */
export const invitationLinkSchema = z.object({ url: z.string() });

const status = z.enum(INVITATION_STATUSES);

export const invitationListInput = z.strictObject({ ...listInput, status: status.optional() });
export type ListInvitations = z.output<typeof invitationListInput>;

export const createInvitationInput = z
  .strictObject({
    email: emailSchema.refine(
      (email) => !isGeneratedEmail(email),
      'This is a generated address that receives no email. Use a real one.',
    ),
    name: nameSchema.optional().meta({ description: 'Name of the new member; if omitted, the invitee chooses it.' }),
    role: roleSchema.optional().meta({ description: 'Default: member, or the role of the claimed member.' }),
    credit: amount.optional().meta({ description: 'Starting credit, paid from the master balance on acceptance.' }),
    recharge: rechargeInput.optional(),
    memberId: idCodec('mem')
      .optional()
      .meta({ description: 'A member without a user. Accepting claims it with its key, balance and log.' }),
  })
  .superRefine(({ memberId, recharge }, ctx) => {
    if (memberId !== undefined && recharge !== undefined) {
      const message = 'The claimed member keeps its own rule. Change it on the member.';
      ctx.addIssue({ code: 'custom', path: ['recharge'], message });
    }
  });
export type CreateInvitation = z.output<typeof createInvitationInput>;

/** An invitation, as the page shows it. */
export const shownInvitationSchema = invitationSchema.extend({
  invitedBy: z.string(),
  memberName: z.string().nullable(),
  closedAt: instantCodec.nullable(),
  requestedAt: instantCodec.nullable().meta({ description: 'When the invitee requested a new link.' }),
  creditMissing: z.boolean().meta({ description: 'The master balance could not pay the credit on acceptance.' }),
  mailError: z.string().nullable(),
});
export type ShownInvitation = z.output<typeof shownInvitationSchema>;

export const browseInvitationsInput = z.strictObject({
  query: boundedText(200).trim().optional(),
  status: oneOrMore(status, INVITATION_STATUSES.length).optional(),
  page: z.int().min(1).max(1_000_000).default(1),
  pageSize: z.int().min(1).max(100).default(25),
});
export type BrowseInvitations = z.output<typeof browseInvitationsInput>;

/** A numbered page of invitations: `total` match the filters, `all` exist. */
export const invitationPageSchema = z.object({
  data: z.array(shownInvitationSchema),
  total: z.int(),
  all: z.int(),
  mails: z.boolean().meta({ description: 'Whether this installation sends email.' }),
});
export type InvitationPage = z.output<typeof invitationPageSchema>;
