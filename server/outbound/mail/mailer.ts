/** An email as it is sent. `id` is the same for every attempt, so that a provider can recognise duplicates. */
export type OutgoingMail = { id: string; to: string; subject: string; html: string; text: string };

/**
 * A way to send emails; each is one file. An interrupted call may have sent the email, which is then sent again under
 * the same id.
 */
export type Mailer = {
  name: string;
  /**
   * Sends an email.
   * @throws MailError if it was not accepted, as far as is known
   */
  send(mail: OutgoingMail): Promise<{ providerId: string | null }>;
};

/** The reason why an email was not accepted. `isFinal`: a retry would be refused again. */
export class MailError extends Error {
  override name = 'MailError';
  constructor(
    message: string,
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}

/** The time limit for sending one email, in milliseconds. */
export const SEND_TIMEOUT_MS = 30_000;

/** Marks emails as automatic, so that mail programs do not send an auto-reply. */
export const HEADERS = { 'Auto-Submitted': 'auto-generated' };

/**
 * Refuses a recipient that is not exactly one address: anything that could be parsed as another address, a name or a
 * header.
 */
export function mustBeAddress(text: string): void {
  if (!/^[^\s"(),:;<>@[\\\]\p{C}]+@[^\s"(),:;<>@[\\\]\p{C}]+$/u.test(text)) {
    throw new MailError('Email cannot be sent to this address.', true);
  }
}

/** Splits a sender such as `Acme <mail@acme.com>`, or a bare address, into name and address. */
export function messageParts(from: string): { name: string; address: string } {
  const [, name, address] = /^(.*)<([^<>]+)>$/u.exec(from) ?? ['', '', from];
  return { name: (name ?? '').trim().replace(/^"(.*)"$/u, '$1'), address: (address ?? '').trim() };
}
