import { Resend, type WebhookEventPayload } from 'resend';
import { HEADERS, MailError, mustBeAddress, SEND_TIMEOUT_MS, type Mailer } from './mailer';

/**
 * The HTTP statuses after which a retry can succeed: a key or domain that the operator must fix, rate limits, server
 * errors.
 */
const TRY_AGAIN = new Set([401, 403, 408, 409, 425, 429]);

/** Sends by Resend's HTTP API. The email's id is the idempotency key, and returns with each report as a tag. */
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
      // Resend knows the key with other content (a name has changed since), so an earlier attempt has sent this email.
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

/** A delivery report of Resend; null where it is not relevant here. */
export type ResendReport = {
  mailId: string | null;
  providerId: string;
  state: 'sent' | 'delivered' | 'bounced' | 'failed' | 'complained';
  why?: string;
};

/**
 * Verifies and parses a report from Resend: checks its signature, and that it is at most five minutes old. Throws if
 * Resend did not sign it.
 */
export function readResendReport(body: string, headers: Headers, secret: string): ResendReport | null {
  const field = (name: string) => headers.get(`svix-${name}`) ?? headers.get(`webhook-${name}`) ?? '';
  const event = new Resend('re_none').webhooks.verify({
    payload: body,
    headers: { id: field('id'), timestamp: field('timestamp'), signature: field('signature') },
    webhookSecret: secret,
  });
  const state = STATES[event.type];
  if (state === undefined) return null;
  const { email_id: providerId, tags, ...said } = event.data as Reported;
  const id = tags?.[MAIL_TAG];
  const why = said.bounce?.message ?? said.suppressed?.message ?? said.failed?.reason;
  return {
    providerId,
    mailId: id !== undefined && UUID.test(id) ? id : null,
    state,
    ...(why !== undefined && { why }),
  };
}

const STATES: Partial<Record<WebhookEventPayload['type'], ResendReport['state']>> = {
  'email.sent': 'sent',
  'email.delivered': 'delivered',
  'email.bounced': 'bounced',
  'email.suppressed': 'bounced',
  'email.failed': 'failed',
  'email.complained': 'complained',
};

type Reported = {
  email_id: string;
  tags?: Record<string, string>;
  bounce?: { message: string };
  suppressed?: { message: string };
  failed?: { reason: string };
};

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
