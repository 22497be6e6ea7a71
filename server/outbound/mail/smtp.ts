import { createTransport } from 'nodemailer';
import { HEADERS, MailError, mustBeAddress, messageParts, SEND_TIMEOUT_MS, type Mailer } from './mailer';

/** Sends by an SMTP server. The email's id is part of its Message-ID, so that a duplicate is recognisable. */
export function makeSmtp({ from, url }: { from: string; url: string }): Mailer {
  const sender = messageParts(from);
  const transport = createTransport({
    url,
    connectionTimeout: SEND_TIMEOUT_MS / 2,
    greetingTimeout: SEND_TIMEOUT_MS / 2,
    socketTimeout: SEND_TIMEOUT_MS,
  });
  return {
    name: 'smtp',
    async send({ id, to, subject, html, text }) {
      mustBeAddress(to);
      try {
        await transport.sendMail({
          messageId: `<${id}@${sender.address.split('@').at(-1)}>`,
          from: sender,
          // An object is always parsed as a single address.
          to: { name: '', address: to },
          subject,
          html,
          text,
          headers: HEADERS,
          disableFileAccess: true,
          disableUrlAccess: true,
        });
        return { providerId: null };
      } catch (error) {
        throw new MailError(`SMTP: ${wordsOf(error)}`, isFinal(error));
      }
    },
  };
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : 'unknown fault');

// A refusal of this recipient or text is final; one at the greeting or sign-in is for the operator to fix.
function isFinal(error: unknown): boolean {
  const { code, responseCode } = error as { code?: string; responseCode?: number };
  const isOfThisMail = code === 'EENVELOPE' || code === 'EMESSAGE';
  return isOfThisMail && (responseCode === undefined || responseCode >= 500);
}
