import { z } from 'zod';
import { idCodec, instantCodec, moneyCodec, amount, amountOrAll } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';
import { idFilter, instantInput, listInput, oneOrMore } from '@/server/domain/core/pagination';
import { NOTE_MAX, TRANSFER_KIND_NAMES, TRANSFER_SIDES } from './rules';

const note = boundedText(2 * NOTE_MAX, `Use at most ${NOTE_MAX} characters.`)
  .refine((text) => Array.from(text).length <= NOTE_MAX, `Use at most ${NOTE_MAX} characters.`)
  .meta({ maxLength: NOTE_MAX })
  .nullish();

const side = z.enum(TRANSFER_SIDES);

/** A transfer as its viewer can see it. */
export const transferSchema = z
  .object({
    id: idCodec('trf').nullable().meta({ description: 'Null in the response to a dry run.' }),
    kind: z.enum(TRANSFER_KIND_NAMES),
    amount: moneyCodec,
    currency: z.string(),
    from: side,
    to: side,
    memberId: idCodec('mem').nullable(),
    messageId: idCodec('msg').nullable(),
    note: z.string().nullable(),
    noteForMember: z.string().nullable(),
    reversalOf: idCodec('trf').nullable(),
    reversedBy: idCodec('trf').nullable(),
    actor: z.object({ type: z.enum(['user', 'key', 'rule', 'operator']), id: z.string().nullable(), name: z.string() }),
    balanceAfter: z.object({ master: moneyCodec.optional(), member: moneyCodec.optional() }),
    createdAt: instantCodec,
  })
  .meta({ id: 'Transfer' });
export type Transfer = z.output<typeof transferSchema>;

/** The response to a credit or debit: the transfer and both balances after it. */
export const movementSchema = z
  .object({ transfer: transferSchema, balances: z.object({ master: moneyCodec, member: moneyCodec }) })
  .meta({ id: 'Movement' });
export type Movement = z.output<typeof movementSchema>;

/** Like `movementSchema`, for a debit, which may find an empty balance. */
export const debitedSchema = movementSchema
  .extend({
    transfer: transferSchema.nullable().meta({ description: 'Null if `all` was requested from an empty balance.' }),
  })
  .meta({ id: 'Debited' });
export type Debited = z.output<typeof debitedSchema>;

/** Sandbox funding of the master balance, available in a demo only. */
export const sandboxInput = z.strictObject({ amount });
export type FundSandbox = z.output<typeof sandboxInput>;

export const fundingSchema = z.object({ transferId: idCodec('trf'), amount: moneyCodec, masterBalance: moneyCodec });
export type SandboxFunding = z.output<typeof fundingSchema>;

export const creditInput = z.strictObject({
  amount: amount,
  note,
  noteForMember: note.meta({ description: 'The note that the member sees on this transfer.' }),
  dryRun: z.boolean().optional().meta({ description: 'Return the result without changing anything.' }),
});
export type CreditMember = z.output<typeof creditInput> & { memberId: string };

export const debitInput = creditInput.extend({
  amount: amountOrAll.meta({ description: 'An amount, or "all" for the full balance.' }),
});
export type DebitMember = z.output<typeof debitInput> & { memberId: string };

export const reverseInput = z.strictObject({ note });
export type ReverseTransfer = z.output<typeof reverseInput> & { transferId: string };

export const transferListInput = z.strictObject({
  ...listInput,
  memberId: idFilter('mem').optional(),
  kind: z.enum(TRANSFER_KIND_NAMES).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type ListTransfers = z.output<typeof transferListInput>;

/** A transfer with its member's name. */
export const namedTransferSchema = transferSchema.extend({
  member: z.object({ id: idCodec('mem'), name: z.string() }).nullable(),
});
export type NamedTransfer = z.output<typeof namedTransferSchema>;

const MEMBERS_MAX = 20;

/** Filters of the transfers page. */
export const transferFilters = z.strictObject({
  memberId: oneOrMore(idFilter('mem'), MEMBERS_MAX).optional(),
  kind: oneOrMore(z.enum(TRANSFER_KIND_NAMES), TRANSFER_KIND_NAMES.length).optional(),
  from: instantInput.optional(),
  to: instantInput.optional(),
});
export type TransferFilters = z.output<typeof transferFilters>;

export const browseTransfersInput = transferFilters.extend(listInput);
export type BrowseTransfers = z.output<typeof browseTransfersInput>;
