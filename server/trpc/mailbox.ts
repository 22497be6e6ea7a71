import { browseMailbox, getMailInMailbox } from '@/server/domain/notifications/emails/read';
import { mailboxPage, mailboxView, mailInMailbox, oneMailInMailbox } from '@/server/domain/notifications/emails/schema';
import { visitorQuery, router } from './procedures';

/** The demo's mailbox, for everyone; it does not exist elsewhere. */
export const mailbox = router({
  browseMails: visitorQuery({ input: mailboxView, output: mailboxPage, run: browseMailbox }),
  getMail: visitorQuery({
    input: oneMailInMailbox,
    output: mailInMailbox,
    run: (ctx, { id }) => getMailInMailbox(ctx, id),
  }),
});
