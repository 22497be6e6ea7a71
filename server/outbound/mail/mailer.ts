/** A mail as it leaves. `id` is the same at every try, so that a provider or a reader can tell that it is one mail. */
export type OutgoingMail = { id: string; to: string; subject: string; html: string; text: string };

/**
 * A way on which mails leave. Another is one file. A call that was cut off may have sent the mail: it is then sent again
 * under the same id.
 */
export type Mailer = {
  name: string;
  /** @throws MailError where it was not taken, as far as can be known */
  send(mail: OutgoingMail): Promise<{ providerId: string | null }>;
};

/** Why a mail was not taken. `isFinal`: trying again would be refused again. */
export class MailError extends Error {
  override name = 'MailError';
  constructor(
    message: string,
    readonly isFinal: boolean,
  ) {
    super(message);
  }
}

/** How long a provider may take for one mail. */
export const SEND_TIMEOUT_MS = 30_000;

/** Tells providers and their readers' programs that nobody sits there who could answer. */
export const HEADERS = { 'Auto-Submitted': 'auto-generated' };

/** One address and no more: whatever could be read as another one, a name or a header is none. */
export function mustBeAddress(text: string): void {
  if (!/^[^\s"(),:;<>@[\\\]\p{C}]+@[^\s"(),:;<>@[\\\]\p{C}]+$/u.test(text)) {
    throw new MailError('This is not an address to which mail can be sent.', true);
  }
}

/** Who sends, in its two parts: `Acme <mail@acme.com>`, or an address alone. */
export function messageParts(from: string): { name: string; address: string } {
  const [, name, address] = /^(.*)<([^<>]+)>$/u.exec(from) ?? ['', '', from];
  return { name: (name ?? '').trim().replace(/^"(.*)"$/u, '$1'), address: (address ?? '').trim() };
}
