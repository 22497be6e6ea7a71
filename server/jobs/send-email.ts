import type { Services } from '@/server/domain/core/context';
import { readEmailContent } from './email-content';
import {
  claimMail,
  dropMail,
  putInMailbox,
  settleMail,
  type MailOutcome,
} from '@/server/domain/notifications/emails/write';
import type { MailSettings } from '@/server/env';
import { makeMailbox } from '@/server/outbound/mail/mailbox';
import { MailError, type Mailer } from '@/server/outbound/mail/mailer';
import { makeResend } from '@/server/outbound/mail/resend';
import { makeSmtp } from '@/server/outbound/mail/smtp';

/** Returns the mailer of the settings; null if email is not set up. */
export function makeMailer(services: Services, settings: MailSettings | null): Mailer | null {
  if (settings === null) return null;
  if (settings.way === 'resend') return makeResend(settings);
  if (settings.way === 'smtp') return makeSmtp(settings);
  return makeMailbox(({ to, ...mail }) => putInMailbox(services, { ...mail, address: to }));
}

/**
 * Sends one email if this worker can claim it; skips one that is sent, dropped or claimed elsewhere. Its text is
 * created now from current data. Throws to make the queue retry later.
 */
export async function sendMail(services: Services, mailer: Mailer, mailId: string): Promise<void> {
  const mail = await claimMail(services, mailId);
  if (!mail) return;
  const content = await readEmailContent(services, mail);
  if (!content) return dropMail(services, mail.id);
  // Loaded at the first email: React takes a third of a worker's start.
  const { renderEmail } = await import('@/server/outbound/mail/email-template');
  const outcome = await handOver(mailer, { id: mail.id, to: mail.address, ...(await renderEmail(content)) });
  if ((await settleMail(services, mail, outcome)) === 'again') throw new Error(`Mail ${mail.id} was not taken.`);
}

async function handOver(mailer: Mailer, mail: Parameters<Mailer['send']>[0]): Promise<MailOutcome> {
  try {
    const { providerId } = await mailer.send(mail);
    return { is: 'sent', provider: mailer.name, providerId };
  } catch (error) {
    if (error instanceof MailError) return { is: error.isFinal ? 'refused' : 'lost', why: error.message };
    throw error;
  }
}
