import { z } from 'zod';
import { instantCodec } from '@/server/domain/core/codecs';
import { boundedText } from '@/server/domain/core/validation';

const summary = { id: z.uuid(), address: z.string(), subject: z.string(), at: instantCodec };

/** Filters of the demo's mailbox. */
export const mailboxView = z.strictObject({ to: boundedText(254).optional(), before: z.uuid().optional() });
export type MailboxView = z.output<typeof mailboxView>;

export const mailboxPage = z.object({ data: z.array(z.object(summary)), next: z.uuid().nullable() });
export type MailboxPage = z.output<typeof mailboxPage>;

export const oneMailInMailbox = z.strictObject({ id: z.uuid() });
export const mailInMailbox = z.object({ ...summary, html: z.string(), text: z.string() });
export type MailInMailbox = z.output<typeof mailInMailbox>;
