import { Resend } from 'resend';
import { HEADERS, MailError, mustBeAddress, SEND_TIMEOUT_MS, type Mailer } from './mailer';

/** What can be put right without a new mail: a key or a domain that the operator must see to, too much at once, a fault of theirs. */
const TRY_AGAIN = new Set([401, 403, 408, 409, 425, 429]);

/** By Resend's HTTP API. The mail's id is the idempotency key, and comes back with each report as a tag. */
export function makeResend(settings: { from: string; apiKey: string; apiUrl: string | null }): Mailer {
  const { from, apiKey, apiUrl } = settings;
  const client = new Resend(apiKey, apiUrl === null ? {} : { baseUrl: apiUrl });
  return {
    name: 'resend',
    async send({ id, to, subject, html, text }) {
      mustBeAddress(to);
      const mail = { from, to: [to], subject, html, text, headers: HEADERS, tags: [{ name: MAIL_TAG, value: id }] };
      const { data, error } = await within(SEND_TIMEOUT_MS, client.emails.send(mail, { idempotencyKey: id }));
      if (!error) return { providerId: data.id };
      // It knows the key with other words in it (a name has changed since): then this mail was sent at an earlier try.
      if (error.name === 'invalid_idempotent_request') return { providerId: null };
      const { statusCode, message } = error;
      const isFinal = statusCode !== null && statusCode >= 400 && statusCode < 500 && !TRY_AGAIN.has(statusCode);
      throw new MailError(`Resend: ${message}`, isFinal);
    },
  };
}

const MAIL_TAG = 'mail';

async function within<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new MailError('Resend did not answer in time.', false)), ms);
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** What Resend reports of a mail; null where it is of no interest here. */
export type ResendReport = {
  mailId: string | null;
  providerId: string;
  state: 'sent' | 'delivered' | 'bounced' | 'failed' | 'complained';
  why?: string;
};

/**
 * Reads a report of Resend's, as it was sent: its signature is checked, and that it is not older than five minutes.
 * Throws on what Resend did not sign.
 */
export function readResendReport(body: string, headers: Headers, secret: string): ResendReport | null {
  const field = (name: string) => headers.get(`svix-${name}`) ?? headers.get(`webhook-${name}`) ?? '';
  const event = new Resend('re_none').webhooks.verify({
    payload: body,
    headers: { id: field('id'), timestamp: field('timestamp'), signature: field('signature') },
    webhookSecret: secret,
  });
  switch (event.type) {
    case 'email.sent':
      return { ...namesOf(event.data), state: 'sent' };
    case 'email.delivered':
      return { ...namesOf(event.data), state: 'delivered' };
    case 'email.bounced':
      return { ...namesOf(event.data), state: 'bounced', why: event.data.bounce.message };
    case 'email.suppressed':
      return { ...namesOf(event.data), state: 'bounced', why: event.data.suppressed.message };
    case 'email.failed':
      return { ...namesOf(event.data), state: 'failed', why: event.data.failed.reason };
    case 'email.complained':
      return { ...namesOf(event.data), state: 'complained' };
    default:
      return null;
  }
}

function namesOf({ email_id: providerId, tags }: { email_id: string; tags?: Record<string, string> }) {
  const id = tags?.[MAIL_TAG];
  return { providerId, mailId: id !== undefined && UUID.test(id) ? id : null };
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
