import { browseMailbox, getMailInMailbox } from '@/server/domain/mails/read';
import { mailboxPage, mailboxView, mailInMailbox, oneMailInMailbox } from '@/server/domain/mails/schema';
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
