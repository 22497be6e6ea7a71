import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { claimMail, queueMail, settleMail } from '@/server/domain/notifications/emails/write';
import { inUserTransaction } from '@/server/domain/core/user-context';
import * as settings from '@/server/env';
import { answerResend } from '@/server/http/callbacks';
import { sendMail } from '@/server/jobs/send-email';
import { makeResend } from '@/server/outbound/mail/resend';
import { mailing } from '../support/mail';
import { openChangeListener } from '../support/change-events';
import { makeTeam, ownerPool, type TestTeam } from '../support/team';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, no').toString('base64')}`;
const FROM = 'Purser <mail@purser.test>';

let team: TestTeam;
beforeAll(async () => {
  team = await makeTeam({ name: 'Acme' });
});

let made = 0;
async function queueOne(): Promise<string> {
  const address = `resend-${(made += 1)}-${process.pid}@example.test`;
  const mail = { kind: 'welcome', address, teamId: team.teamId, memberId: team.ownerId, about: team.ownerId } as const;
  return (await inUserTransaction(mailing('resend'), (tx) => queueMail(tx, mail)))!;
}

type Row = { state: string; attempts: number; error: string | null; provider_id: string | null; address: string };
const rowOf = async (id: string) => (await ownerPool().query<Row>('SELECT * FROM mails WHERE id = $1', [id])).rows[0]!;

/**
 * A stand-in for the API of Resend, as far as the product uses it: it refuses requests of another shape like the real
 * one.
 */
class StandIn {
  readonly asked: { headers: IncomingMessage['headers']; body: Record<string, unknown> }[] = [];
  /** Statuses to answer with, one a request; then 200. */
  next: { status: number; name: string }[] = [];
  readonly #known = new Map<string, { body: string; id: string }>();
  readonly #server: Server = createServer((req, res) => {
    void this.#answer(req).then(({ status, body }) => {
      res.writeHead(status, { 'Content-Type': 'application/json' });
      res.end(JSON.stringify(body));
    });
  });

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close = () => new Promise((resolve) => (this.#server.closeAllConnections(), this.#server.close(resolve)));

  async #answer(req: IncomingMessage): Promise<{ status: number; body: object }> {
    const parts: Buffer[] = [];
    for await (const part of req) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString('utf8');
    const refuse = (status: number, name: string) => ({
      status,
      body: { statusCode: status, name, message: `It is ${name}` },
    });
    if (req.method !== 'POST' || req.url !== '/emails') return refuse(404, 'not_found');
    if (req.headers.authorization !== 'Bearer re_test_key') return refuse(401, 'missing_api_key');
    if (!req.headers['content-type']?.startsWith('application/json')) return refuse(422, 'validation_error');
    const body = JSON.parse(text) as Record<string, unknown>;
    this.asked.push({ headers: req.headers, body });
    const planned = this.next.shift();
    if (planned) return refuse(planned.status, planned.name);
    const missing = ['from', 'to', 'subject', 'html', 'text'].find((field) => !body[field]);
    if (missing) return refuse(422, 'missing_required_field');
    const key = req.headers['idempotency-key'];
    if (typeof key !== 'string' || key.length > 256) return refuse(400, 'invalid_idempotency_key');
    const known = this.#known.get(key);
    if (known && known.body !== text) return refuse(409, 'invalid_idempotent_request');
    const id = known?.id ?? crypto.randomUUID();
    this.#known.set(key, { body: text, id });
    return { status: 200, body: { id } };
  }
}

describe('an email by Resend', () => {
  const standIn = new StandIn();
  let mailer: ReturnType<typeof makeResend>;
  beforeAll(async () => {
    mailer = makeResend({ from: FROM, apiKey: 're_test_key', apiUrl: await standIn.listen() });
  });
  afterAll(() => standIn.close());
  beforeEach(() => void (standIn.asked.length = 0));
  const send = (id: string) => sendMail(mailing('resend'), mailer, id);

  it('is requested as its API expects, under the email’s id', async () => {
    const id = await queueOne();
    await send(id);
    const { address, ...row } = await rowOf(id);
    expect(row).toMatchObject({ state: 'sent', provider_id: expect.stringMatching(/^[0-9a-f-]{36}$/) });
    expect(standIn.asked).toHaveLength(1);
    expect(standIn.asked[0]!.headers['idempotency-key']).toBe(id);
    expect(standIn.asked[0]!.body).toEqual({
      from: FROM,
      to: [address],
      subject: 'Welcome to Acme',
      html: expect.stringContaining('Welcome to Acme'),
      text: expect.stringContaining('Welcome to Acme'),
      headers: { 'Auto-Submitted': 'auto-generated' },
      tags: [{ name: 'mail', value: id }],
    });
  });

  it.each([
    [429, 'rate_limit_exceeded'],
    [500, 'application_error'],
    [503, 'service_unavailable'],
    [401, 'invalid_api_key'],
    [403, 'validation_error'],
    [409, 'concurrent_idempotent_requests'],
  ])('is retried after %i %s, and then sent under the same key', async (status, name) => {
    const id = await queueOne();
    standIn.next = [{ status, name }];
    await expect(send(id)).rejects.toThrow('was not taken');
    expect(await rowOf(id)).toMatchObject({ state: 'queued', error: `Resend: It is ${name}` });
    await send(id);
    expect(await rowOf(id)).toMatchObject({ state: 'sent', attempts: 2 });
    expect(standIn.asked.map(({ headers }) => headers['idempotency-key'])).toEqual([id, id]);
  });

  it.each([
    [400, 'invalid_parameter'],
    [422, 'validation_error'],
  ])('fails at once after %i %s', async (status, name) => {
    const id = await queueOne();
    standIn.next = [{ status, name }];
    await send(id);
    expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: 1, error: `Resend: It is ${name}` });
  });

  it.each([
    'x@example.test, victim@example.test',
    'Ann <victim@example.test>',
    'x@example.test\r\nBcc: victim@example.test',
  ])('is never requested with text that could be read as another address: %j', async (address) => {
    const id = await queueOne();
    await ownerPool().query('UPDATE mails SET address = $2 WHERE id = $1', [id, address]);
    await send(id);
    expect(await rowOf(id)).toMatchObject({ state: 'failed', attempts: 1 });
    expect(standIn.asked).toEqual([]);
  });

  it('is retried while Resend is away', async () => {
    const id = await queueOne();
    const away = makeResend({ from: FROM, apiKey: 're_test_key', apiUrl: 'http://127.0.0.1:1' });
    await expect(sendMail(mailing('resend'), away, id)).rejects.toThrow('was not taken');
    expect(await rowOf(id)).toMatchObject({ state: 'queued', attempts: 1 });
  });

  it('is sent once when a worker dies between sending and recording, even if its text has changed since', async () => {
    const id = await queueOne();
    await send(id);
    const { provider_id: first } = await rowOf(id);
    const asIfDead = `UPDATE mails SET state = 'queued', provider_id = NULL WHERE id = $1`;
    await ownerPool().query(asIfDead, [id]);
    await send(id);
    expect((await rowOf(id)).provider_id).toBe(first);
    await ownerPool().query(asIfDead, [id]);
    await ownerPool().query(`UPDATE teams SET name = 'Acme 2' WHERE id = $1`, [team.teamId]);
    await send(id);
    await ownerPool().query(`UPDATE teams SET name = 'Acme' WHERE id = $1`, [team.teamId]);
    expect(await rowOf(id)).toMatchObject({ state: 'sent' });
  });
});

describe('a report of Resend', () => {
  const withSecret = (webhookSecret: string | null) =>
    vi.spyOn(settings, 'env').mockReturnValue({
      ...settings.parseEnv(process.env),
      mail: { way: 'resend', from: FROM, apiKey: 're_test_key', apiUrl: null, webhookSecret },
    });
  beforeEach(() => void withSecret(SECRET));
  afterAll(() => void vi.restoreAllMocks());

  type Options = { at?: number; secret?: string; prefix?: string; id?: string; change?: (body: string) => string };

  function report(type: string, data: object, options: Options = {}): Promise<Response> {
    const { at = Math.floor(Date.now() / 1000), secret = SECRET, prefix = 'svix', id = `msg_${(made += 1)}` } = options;
    const body = JSON.stringify({ type, created_at: new Date().toISOString(), data });
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const signature = createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64');
    const headers = {
      [`${prefix}-id`]: id,
      [`${prefix}-timestamp`]: String(at),
      [`${prefix}-signature`]: `v1,${signature}`,
    };
    const request = new Request('http://localhost/api/callbacks/resend', {
      method: 'POST',
      body: options.change ? options.change(body) : body,
      headers: { 'Content-Type': 'application/json', ...headers },
    });
    return answerResend(request);
  }

  async function sentOne() {
    const id = await queueOne();
    const providerId = crypto.randomUUID();
    const mail = (await claimMail(mailing('resend'), id))!;
    await settleMail(mailing('resend'), mail, { is: 'sent', provider: 'resend', providerId });
    const data = { email_id: providerId, to: [mail.address], tags: { mail: id } };
    return { id, providerId, data };
  }

  const bounce = { bounce: { type: 'Permanent', subType: 'General', message: 'No such mailbox' } };

  it.each([
    ['email.delivered', {}, 'delivered', null],
    ['email.bounced', bounce, 'bounced', 'No such mailbox'],
    ['email.suppressed', { suppressed: { type: 'x', message: 'On a list' } }, 'bounced', 'On a list'],
    ['email.failed', { failed: { reason: 'No domain' } }, 'failed', 'No domain'],
    ['email.complained', {}, 'sent', 'Delivered, then marked as spam by the recipient.'],
    ['email.delivery_delayed', {}, 'sent', null],
    ['email.opened', {}, 'sent', null],
    ['domain.updated', {}, 'sent', null],
  ])('%s is recorded', async (type, more, state, error) => {
    const { id, data } = await sentOne();
    expect((await report(type, { ...data, ...more })).status).toBe(204);
    expect(await rowOf(id)).toMatchObject({ state, error });
  });

  it('is matched by Resend’s id when it has none of ours, and by ours when Resend’s is not stored yet', async () => {
    const { id, providerId } = await sentOne();
    await report('email.delivered', { email_id: providerId });
    expect(await rowOf(id)).toMatchObject({ state: 'delivered' });
    const early = await queueOne();
    const mail = (await claimMail(mailing('resend'), early))!;
    await report('email.delivered', { email_id: 'theirs', tags: { mail: early } });
    await settleMail(mailing('resend'), mail, { is: 'sent', provider: 'resend', providerId: 'theirs' });
    expect(await rowOf(early)).toMatchObject({ state: 'delivered', provider_id: 'theirs' });
  });

  it('changes nothing and is accepted for emails of another sender', async () => {
    const { id } = await sentOne();
    const other = { email_id: crypto.randomUUID(), tags: { mail: crypto.randomUUID() } };
    expect((await report('email.bounced', { ...other, ...bounce })).status).toBe(204);
    expect((await report('email.bounced', { email_id: 'x', tags: { mail: 'none' }, ...bounce })).status).toBe(204);
    expect(await rowOf(id)).toMatchObject({ state: 'sent' });
  });

  // A delivery may be followed by a bounce, never the other way round.
  it.each<[string[], string]>([
    [['delivered', 'delivered'], 'delivered'],
    [['delivered', 'bounced'], 'bounced'],
    [['bounced', 'delivered'], 'bounced'],
    [['bounced', 'delivered', 'bounced', 'sent'], 'bounced'],
    [['delivered', 'sent'], 'delivered'],
    [['failed', 'delivered'], 'failed'],
    [['delivered', 'failed'], 'delivered'],
    [['sent', 'delivered', 'complained'], 'delivered'],
  ])('ends, in the order %j, in the status %s', async (events, state) => {
    const { id, data } = await sentOne();
    for (const type of events) await report(`email.${type}`, { ...data, ...bounce, failed: { reason: 'x' } });
    expect((await rowOf(id)).state).toBe(state);
  });

  it('corrects an email that was given up without an answer and had been accepted', async () => {
    const id = await queueOne();
    await settleMail(mailing('resend'), (await claimMail(mailing('resend'), id))!, { is: 'refused', why: 'No answer' });
    await report('email.delivered', { email_id: 'late', tags: { mail: id } });
    expect(await rowOf(id)).toMatchObject({ state: 'delivered', provider_id: 'late', error: null });
  });

  it('is published to open pages', async () => {
    const listener = await openChangeListener();
    const { data } = await sentOne();
    await listener.received();
    await report('email.delivered', data);
    expect(await listener.receivedOf(team.teamId)).toEqual({ invitations: [] });
    await listener.close();
  });

  it('changes nothing when repeated', async () => {
    const { id, data } = await sentOne();
    const options = { id: 'msg_again' };
    await report('email.bounced', { ...data, ...bounce }, options);
    const before = await rowOf(id);
    expect((await report('email.bounced', { ...data, ...bounce }, options)).status).toBe(204);
    expect(await rowOf(id)).toEqual(before);
  });

  it.each<[string, Options]>([
    [
      'signed with another secret',
      { secret: `whsec_${Buffer.from('another secret of thirty-two byt').toString('base64')}` },
    ],
    ['changed on the way', { change: (body) => body.replace('bounced', 'bounced ') }],
    ['six minutes old', { at: Math.floor(Date.now() / 1000) - 360 }],
    ['six minutes early', { at: Math.floor(Date.now() / 1000) + 360 }],
    ['not signed at all', { prefix: 'x' }],
    ['no JSON', { change: () => '{' }],
  ])('is refused when it is %s', async (_what, options) => {
    const { id, data } = await sentOne();
    const answer = await report('email.bounced', { ...data, ...bounce }, options);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({ code: 'invalid_key', status: 401 });
    expect(await rowOf(id)).toMatchObject({ state: 'sent' });
  });

  it('is accepted with the header names of the open standard', async () => {
    const { id, data } = await sentOne();
    expect((await report('email.delivered', data, { prefix: 'webhook' })).status).toBe(204);
    expect(await rowOf(id)).toMatchObject({ state: 'delivered' });
  });

  it('is not found where Resend is not set up, and refused when its body is endless', async () => {
    const { data } = await sentOne();
    const endless = await report('email.delivered', { ...data, subject: 'x'.repeat(300_000) });
    expect(endless.status).toBe(413);
    withSecret(null);
    expect((await report('email.delivered', data)).status).toBe(404);
    vi.restoreAllMocks();
    expect((await report('email.delivered', data)).status).toBe(404);
  });
});
