import { browseMailbox, getMailInMailbox } from '@/server/domain/notifications/emails/read';
import { mailboxPage, mailboxView, mailInMailbox, oneMailInMailbox } from '@/server/domain/notifications/emails/schema';
import { guestQuery, router } from './procedures';

/** The demo's mailbox, for anyone: elsewhere there is none. */
export const mailbox = router({
  browseMails: guestQuery({ input: mailboxView, reply: mailboxPage, verb: browseMailbox }),
  getMail: guestQuery({
    input: oneMailInMailbox,
    reply: mailInMailbox,
    verb: (asker, { id }) => getMailInMailbox(asker, id),
  }),
});
