import type { Mailer, OutgoingMail } from './mailer';

/** Into the demo's own mailbox: nothing leaves. */
export const makeMailbox = (put: (mail: OutgoingMail) => Promise<void>): Mailer => ({
  name: 'mailbox',
  async send(mail) {
    await put(mail);
    return { providerId: null };
  },
});
