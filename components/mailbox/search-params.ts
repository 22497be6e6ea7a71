import { createLoader, parseAsString } from 'nuqs/server';

/** The state of the mailbox in its URL: a part of a recipient's address, and the email before which the page starts. */
export const mailboxView = { to: parseAsString.withDefault(''), before: parseAsString.withDefault('') };

export const loadMailboxView = createLoader(mailboxView);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Returns the query of the page, identical on the server and in the browser. */
export const mailboxQuestion = ({ to, before }: { to: string; before: string }) => ({
  ...(to.trim() && { to: to.trim().slice(0, 254) }),
  ...(UUID.test(before) && { before }),
});
