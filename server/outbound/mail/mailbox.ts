import type { Mailer, OutgoingMail } from './mailer';

/** Stores emails in the demo's mailbox instead of sending them. */
export const makeMailbox = (put: (mail: OutgoingMail) => Promise<void>): Mailer => ({
  name: 'mailbox',
  async send(mail) {
    await put(mail);
    return { providerId: null };
  },
});
