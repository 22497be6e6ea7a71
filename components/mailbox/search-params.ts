import { createLoader, parseAsString } from 'nuqs/server';

/** Which mails are shown, as it stands in the address: of an address or a part of one, and those before a mail. */
export const mailboxView = { to: parseAsString.withDefault(''), before: parseAsString.withDefault('') };

export const loadMailboxView = createLoader(mailboxView);

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** What the page asks for: the same on the server, which asks first, and in the browser. */
export const mailboxQuestion = ({ to, before }: { to: string; before: string }) => ({
  ...(to.trim() && { to: to.trim().slice(0, 254) }),
  ...(UUID.test(before) && { before }),
});
