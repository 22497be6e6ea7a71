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

/** A recharge rule that is made when an invitation is accepted. */
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
      .meta({ description: 'The member that is to be taken over; once accepted, the member that joined.' }),
    status: z.enum(INVITATION_STATUSES),
    revokedReason: z
      .enum(REVOKED_REASONS)
      .nullable()
      .meta({ description: 'Why it was revoked. `inviter_…`: its inviter may not invite any more.' }),
    delivery: z.enum(DELIVERIES).meta({ description: 'How its mail stands; `none`: nothing was mailed.' }),
    credit: moneyCodec.nullable().meta({ description: 'The starting credit, taken when it is accepted.' }),
    recharge: plannedRuleSchema.nullable(),
    url: z.string().nullable().meta({ description: 'Its link, to be given by hand. Null unless pending.' }),
    expiresAt: instantCodec,
    createdAt: instantCodec,
    acceptedAt: instantCodec.nullable(),
  })
  .meta({ id: 'Invitation' });
export type Invitation = z.output<typeof invitationSchema>;

/** The link of one invitation, to be given by hand. */
export const invitationLinkSchema = z.object({ url: z.string() });

const status = z.enum(INVITATION_STATUSES);

export const invitationListInput = z.strictObject({ ...listInput, status: status.optional() });
export type ListInvitations = z.output<typeof invitationListInput>;

export const createInvitationInput = z
  .strictObject({
    email: emailSchema.refine((email) => !isGeneratedEmail(email), 'Is a generated address: nobody reads mail there.'),
    name: nameSchema.optional().meta({ description: 'What the person is called here; else the person chooses.' }),
    role: roleSchema.optional().meta({ description: 'Default: member, or the role of the member that is claimed.' }),
    credit: amount.optional().meta({ description: 'A starting credit, from the master balance when it is accepted.' }),
    recharge: rechargeInput.optional(),
    memberId: idCodec('mem')
      .optional()
      .meta({ description: 'A member without a person: who accepts takes it over, with its key, balance and log.' }),
  })
  .superRefine(({ memberId, recharge }, ctx) => {
    if (memberId !== undefined && recharge !== undefined) {
      const message = 'The member keeps the rule that it has. Set it there.';
      ctx.addIssue({ code: 'custom', path: ['recharge'], message });
    }
  });
export type CreateInvitation = z.output<typeof createInvitationInput>;

/** An invitation as the page shows it. */
export const shownInvitationSchema = invitationSchema.extend({
  invitedBy: z.string(),
  memberName: z.string().nullable(),
  closedAt: instantCodec.nullable(),
  requestedAt: instantCodec.nullable().meta({ description: 'When its holder asked for a new link.' }),
  creditMissing: z.boolean().meta({ description: 'Accepted when the master balance could not pay the credit.' }),
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

/** A page of invitations; `total` of them match, of `all`. */
export const invitationPageSchema = z.object({
  data: z.array(shownInvitationSchema),
  total: z.int(),
  all: z.int(),
  mails: z.boolean().meta({ description: 'Whether mail leaves this installation.' }),
});
export type InvitationPage = z.output<typeof invitationPageSchema>;
