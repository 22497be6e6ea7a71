import { createHash, createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { CallbackRequest, Submitted } from '@/server/outbound/carriers/carrier';
import {
  CARRIER_KINDS,
  findCarrierKind,
  hideCarrierSecrets,
  makeCarrier,
  readCarrierCallback,
} from '@/server/outbound/carriers/registry';
import { makePublicTargets } from '@/server/outbound/targets';
import { LONG_TEXT, outgoing, startStandIn, testEnv, type Received } from '../support/carrier-peers';

const CALLBACK = 'https://purser.example/api/callbacks/carriers/kU3vXqN0Zs';
const PATH = '/api/callbacks/carriers/kU3vXqN0Zs';
const ID = '01890000-0000-7000-8000-00000000abcd';

type Answer = { status: number; body?: string; headers?: Record<string, string> };

let provider: Awaited<ReturnType<typeof startStandIn>>;
let next: Answer = { status: 200 };
beforeAll(async () => {
  provider = await startStandIn(() => next);
});
afterAll(() => provider.close());

const json = (status: number, body: unknown): Answer => ({
  status,
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json' },
});

/** Submits a message to the stand-in, and returns the request and the outcome. */
async function submit(
  kind: string,
  settings: Record<string, unknown>,
  answer: Answer,
  message: OutgoingMessage = outgoing('Grüße €', { id: ID, validUntil: new Date(Date.now() + 3_600_000 + 5_000) }),
): Promise<{ request: Received; outcome: Submitted }> {
  next = answer;
  const carrier = makeCarrier(kind, 'one', settings, testEnv({ callbackUrl: CALLBACK }));
  const before = provider.received.length;
  const [outcome] = await carrier.submit([message]);
  expect(provider.received.length).toBe(before + 1);
  return { request: provider.received[before]!, outcome: outcome! };
}

const form = ({ body }: Received): Record<string, string> => Object.fromEntries(new URLSearchParams(body.toString()));
const parsed = ({ body }: Received): Record<string, unknown> => JSON.parse(body.toString()) as Record<string, unknown>;

const callback = (fields: Partial<CallbackRequest>): CallbackRequest => ({
  method: 'POST',
  url: PATH,
  headers: {},
  body: Buffer.alloc(0),
  ...fields,
});

const now = () => String(Math.floor(Date.now() / 1_000));

describe('twilio', () => {
  const sid = `AC${'0'.repeat(32)}`;
  const settings = () => ({ baseUrl: provider.url, accountSid: sid, authToken: '12345' });
  const accepted = json(201, { sid: 'SM1', status: 'queued', error_code: null });

  it('gets the form of the Messages resource', async () => {
    const { request, outcome } = await submit('twilio', settings(), accepted);
    expect(request).toMatchObject({ method: 'POST', url: `/2010-04-01/Accounts/${sid}/Messages.json` });
    expect(request.headers['authorization']).toBe(`Basic ${Buffer.from(`${sid}:12345`).toString('base64')}`);
    expect(form(request)).toEqual({
      To: '+491701234567',
      From: 'Acme',
      Body: 'Grüße €',
      StatusCallback: `${CALLBACK}?id=${ID}`,
      ValidityPeriod: expect.stringMatching(/^360[0-5]$/),
    });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['SM1'] });
  });

  it('can choose the sender by a Messaging Service', async () => {
    const service = `MG${'1'.repeat(32)}`;
    const { request } = await submit('twilio', { ...settings(), messagingServiceSid: service }, accepted);
    expect(form(request)).toMatchObject({ MessagingServiceSid: service });
    expect(form(request)).not.toHaveProperty('From');
  });

  it.each([
    [json(400, { code: 21_211, message: "Invalid 'To' Phone Number" }), { outcome: 'refused', code: '21211' }],
    [json(401, { code: 20_003, message: 'Authenticate' }), { outcome: 'delayed' }],
    [
      { ...json(429, { code: 20_429 }), headers: { 'retry-after': '3' } },
      { outcome: 'delayed', retryAfterMs: 3_000 },
    ],
    [{ status: 500, body: 'oops' }, { outcome: 'unknown' }],
    [json(201, {}), { outcome: 'unknown' }],
    [{ status: 301, headers: { location: 'http://127.0.0.1:1/' } }, { outcome: 'unknown' }],
    [
      { status: 201, body: 'x'.repeat(70_000) },
      { outcome: 'unknown', detail: 'The answer was too long.' },
    ],
  ])('answers %j', async (answer, expected) => {
    expect((await submit('twilio', settings(), answer)).outcome).toMatchObject(expected);
  });

  /** Returns the signature that Twilio's rule gives for a callback. */
  const signed = (query: string, fields: Record<string, string>): CallbackRequest => {
    const names = Object.keys(fields).toSorted();
    const text = `${CALLBACK}${query}${names.map((name) => name + fields[name]!).join('')}`;
    return callback({
      url: `${PATH}${query}`,
      headers: { 'x-twilio-signature': createHmac('sha1', '12345').update(text).digest('base64') },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    });
  };

  it('signs its reports', () => {
    const fields = { MessageSid: 'SM1', MessageStatus: 'undelivered', ErrorCode: '30005', To: '+49 1' };
    const request = signed(`?id=${ID}`, fields);
    expect(readCarrierCallback('twilio', settings(), request, CALLBACK)).toEqual({
      reports: [{ message: { id: ID }, status: 'failed', code: '30005', detail: null, at: null }],
    });
    const other = `01890000-0000-7000-8000-00000000abce`;
    for (const forged of [
      { ...request, url: `${PATH}?id=${other}` },
      { ...request, body: Buffer.from(request.body.toString().replace('undelivered', 'delivered')) },
      { ...request, headers: {} },
    ]) {
      expect(readCarrierCallback('twilio', settings(), forged, CALLBACK)).toBe('unauthorized');
    }
    expect(readCarrierCallback('twilio', { ...settings(), authToken: 'x' }, request, CALLBACK)).toBe('unauthorized');
  });

  it('signs as in its published example', () => {
    const fields = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675309',
      Digits: '1234',
      From: '+14158675309',
      To: '+18005551212',
    };
    const request = callback({
      url: '/myapp.php?foo=1&bar=2',
      headers: { 'x-twilio-signature': 'RSOYDt4T1cUTdK1PDd93/VVr8B8=' },
      body: Buffer.from(new URLSearchParams(fields).toString()),
    });
    // Signed, but no report of a message.
    expect(readCarrierCallback('twilio', settings(), request, 'https://mycompany.com/myapp.php')).toBe('malformed');
  });

  it.each([
    ['sent', 'buffered'],
    ['delivered', 'delivered'],
    ['failed', 'failed'],
    ['odd', 'unknown'],
  ])('reports %s as %s', (MessageStatus, status) => {
    const content = readCarrierCallback(
      'twilio',
      settings(),
      signed('', { MessageSid: 'SM1', MessageStatus }),
      CALLBACK,
    );
    expect(content).toMatchObject({ reports: [{ message: { ref: 'SM1' }, status, code: MessageStatus }] });
  });
});

describe('vonage', () => {
  const settings = () => ({ baseUrl: provider.url, apiKey: 'key', apiSecret: 'secret' });
  const part = (id: string) => ({ status: '0', 'message-id': id, to: '491701234567' });

  it('gets the form of the SMS API', async () => {
    const answer = json(200, { 'message-count': '1', messages: [part('0A')] });
    const { request, outcome } = await submit('vonage', settings(), answer);
    expect(request).toMatchObject({ method: 'POST', url: '/sms/json' });
    expect(form(request)).toEqual({
      api_key: 'key',
      api_secret: 'secret',
      to: '491701234567',
      from: 'Acme',
      text: 'Grüße €',
      type: 'text',
      'client-ref': ID,
      callback: CALLBACK,
      ttl: expect.stringMatching(/^360[0-5]000$/),
    });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['0A'] });
  });

  it('gives each part of a long text an id', async () => {
    const ids = ['1', '2', '3', '4', '5', '6'];
    const answer = json(200, { messages: ids.map(part) });
    const { request, outcome } = await submit('vonage', settings(), answer, outgoing(LONG_TEXT, { id: ID }));
    expect(form(request)).toMatchObject({ type: 'unicode', text: LONG_TEXT, 'client-ref': `${ID}/6` });
    expect(outcome).toMatchObject({ outcome: 'accepted', refs: ids });
  });

  it.each([
    ['1', { outcome: 'delayed' }],
    ['4', { outcome: 'delayed' }],
    ['5', { outcome: 'unknown' }],
    ['6', { outcome: 'refused', code: '6' }],
    ['99', { outcome: 'refused', code: '99' }],
  ])('answers with status %s', async (status, expected) => {
    const answer = json(200, { messages: [{ status, 'error-text': 'no' }] });
    expect((await submit('vonage', settings(), answer)).outcome).toMatchObject(expected);
  });

  it('is unknown without an answer for a message', async () => {
    expect((await submit('vonage', settings(), json(200, {}))).outcome).toMatchObject({ outcome: 'unknown' });
  });

  const fields = {
    messageId: '0A',
    status: 'delivered',
    'err-code': '0',
    'client-ref': ID,
    nonce: 'a&b=c',
    timestamp: '1',
  };
  const text = Object.keys(fields)
    .toSorted()
    .map((name) => `&${name}=${fields[name as keyof typeof fields].replace(/[&=]/g, '_')}`)
    .join('');

  it.each([
    ['md5hash', createHash('md5').update(`${text}sig-secret`).digest('hex')],
    ['md5', createHmac('md5', 'sig-secret').update(text).digest('hex')],
    ['sha256', createHmac('sha256', 'sig-secret').update(text).digest('hex').toUpperCase()],
    ['sha512', createHmac('sha512', 'sig-secret').update(text).digest('hex')],
  ])('signs its reports by %s, in every form of request', (signatureMethod, sig) => {
    const signing = { ...settings(), signatureSecret: 'sig-secret', signatureMethod };
    const query = new URLSearchParams({ ...fields, sig }).toString();
    const all = [
      callback({ method: 'GET', url: `${PATH}?${query}` }),
      callback({ body: Buffer.from(query), headers: { 'content-type': 'application/x-www-form-urlencoded' } }),
      callback({
        body: Buffer.from(JSON.stringify({ ...fields, sig })),
        headers: { 'content-type': 'application/json' },
      }),
    ];
    for (const request of all) {
      expect(readCarrierCallback('vonage', signing, request, CALLBACK)).toEqual({
        reports: [{ message: { id: ID }, status: 'delivered', code: '0', detail: 'delivered', at: null }],
      });
    }
    const forged = new URLSearchParams({ ...fields, status: 'failed', sig }).toString();
    expect(
      readCarrierCallback('vonage', signing, callback({ method: 'GET', url: `${PATH}?${forged}` }), CALLBACK),
    ).toBe('unauthorized');
  });

  it('is authenticated by the URL alone without a signature secret, and reports parts by their ids', () => {
    const query = new URLSearchParams({ ...fields, status: 'expired', 'err-code': '6', 'client-ref': `${ID}/6` });
    const request = callback({ method: 'GET', url: `${PATH}?${query}` });
    expect(readCarrierCallback('vonage', settings(), request, CALLBACK)).toMatchObject({
      reports: [{ message: { ref: '0A' }, status: 'failed', code: '6' }],
    });
    const elsewhere = { ...request, url: `${PATH}x?${query}` };
    expect(readCarrierCallback('vonage', settings(), elsewhere, CALLBACK)).toBe('unauthorized');
  });
});

describe('telnyx', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const rawKey = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
  const settings = () => ({ baseUrl: provider.url, apiKey: 'KEY1', publicKey: rawKey });

  it('gets the JSON of its messages', async () => {
    const { request, outcome } = await submit('telnyx', settings(), json(200, { data: { id: 'uuid-1' } }));
    expect(request).toMatchObject({ method: 'POST', url: '/v2/messages' });
    expect(request.headers['authorization']).toBe('Bearer KEY1');
    expect(parsed(request)).toEqual({
      from: 'Acme',
      to: '+491701234567',
      text: 'Grüße €',
      type: 'SMS',
      tags: [ID],
      webhook_url: CALLBACK,
      use_profile_webhooks: false,
    });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['uuid-1'] });
  });

  it.each([
    [json(422, { errors: [{ code: '40310', title: 'Invalid phone number' }] }), { outcome: 'refused', code: '40310' }],
    [json(400, {}), { outcome: 'refused', code: '400' }],
    [json(401, { errors: [{ code: '10009' }] }), { outcome: 'delayed' }],
    [{ status: 503 }, { outcome: 'unknown' }],
  ])('answers %j', async (answer, expected) => {
    expect((await submit('telnyx', settings(), answer)).outcome).toMatchObject(expected);
  });

  const event = (type: string, status: string, errors: unknown[] = []) =>
    JSON.stringify({
      data: {
        event_type: type,
        occurred_at: '2026-12-09T21:32:14.148+00:00',
        payload: { id: 'uuid-1', tags: [ID], to: [{ phone_number: '+49', status }], errors },
      },
    });
  const signed = (body: string, timestamp = now()): CallbackRequest =>
    callback({
      headers: {
        'telnyx-timestamp': timestamp,
        'telnyx-signature-ed25519': sign(null, Buffer.from(`${timestamp}|${body}`), privateKey).toString('base64'),
      },
      body: Buffer.from(body),
    });

  it('signs its events by Ed25519, and an old one is refused', () => {
    const request = signed(event('message.finalized', 'delivery_failed', [{ code: '40008', title: 'Undeliverable' }]));
    expect(readCarrierCallback('telnyx', settings(), request, CALLBACK)).toEqual({
      reports: [
        {
          message: { id: ID },
          status: 'failed',
          code: '40008',
          detail: 'Undeliverable',
          at: new Date('2026-12-09T21:32:14.148Z'),
        },
      ],
    });
    for (const forged of [
      { ...request, body: Buffer.from(event('message.finalized', 'delivered')) },
      { ...request, headers: {} },
      signed(event('message.finalized', 'delivered'), String(Number(now()) - 301)),
    ]) {
      expect(readCarrierCallback('telnyx', settings(), forged, CALLBACK)).toBe('unauthorized');
    }
  });

  it.each([
    ['sent', 'buffered'],
    ['delivered', 'delivered'],
    ['sending_failed', 'failed'],
    ['delivery_unconfirmed', 'unknown'],
  ])('reports %s as %s', (status, expected) => {
    const content = readCarrierCallback('telnyx', settings(), signed(event('message.finalized', status)), CALLBACK);
    expect(content).toMatchObject({ reports: [{ status: expected, code: status }] });
  });

  it('sends events on messages from phones too, which are no reports', () => {
    const request = signed(event('message.received', 'webhook_delivered'));
    expect(readCarrierCallback('telnyx', settings(), request, CALLBACK)).toEqual({ reports: [] });
    expect(readCarrierCallback('telnyx', settings(), signed('{}'), CALLBACK)).toBe('malformed');
  });
});

describe('sms-to', () => {
  const settings = () => ({ baseUrl: provider.url, apiKey: 'KEY1' });

  it('gets the JSON of a single message', async () => {
    const answer = json(200, { message: 'Message is queued for sending!', success: true, message_id: 'm-1' });
    const { request, outcome } = await submit('sms-to', settings(), answer);
    expect(request).toMatchObject({ method: 'POST', url: '/sms/send' });
    expect(request.headers['authorization']).toBe('Bearer KEY1');
    expect(parsed(request)).toEqual({
      message: 'Grüße €',
      to: '+491701234567',
      sender_id: 'Acme',
      callback_url: `${CALLBACK}?id=${ID}`,
    });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['m-1'] });
  });

  it.each([
    [json(200, { success: false, message: 'Invalid number' }), { outcome: 'refused', detail: 'Invalid number' }],
    [json(400, { success: false, message: 'Invalid number' }), { outcome: 'refused', code: '400' }],
    [json(402, { success: false }), { outcome: 'delayed' }],
    [{ status: 502 }, { outcome: 'unknown' }],
  ])('answers %j', async (answer, expected) => {
    expect((await submit('sms-to', settings(), answer)).outcome).toMatchObject(expected);
  });

  it('reports by a form, on the unguessable URL only', () => {
    const body = Buffer.from('trackingId=t&messageId=m-1&phone=%2B35799999999&status=DELIVERED&parts=1&price=0.015');
    const request = callback({ url: `${PATH}?id=${ID}`, body });
    expect(readCarrierCallback('sms-to', settings(), request, CALLBACK)).toMatchObject({
      reports: [{ message: { id: ID }, status: 'delivered', code: 'DELIVERED' }],
    });
    expect(readCarrierCallback('sms-to', settings(), { ...request, url: '/api/other' }, CALLBACK)).toBe('unauthorized');
    expect(readCarrierCallback('sms-to', settings(), callback({}), CALLBACK)).toBe('malformed');
  });
});

describe('seven', () => {
  const settings = () => ({ baseUrl: provider.url, apiKey: 'KEY1' });

  it('gets the JSON of an SMS', async () => {
    const answer = json(200, { success: '100', messages: [{ id: 77_229_200_142, success: true, error: null }] });
    const { request, outcome } = await submit('seven', settings(), answer);
    expect(request).toMatchObject({ method: 'POST', url: '/api/sms' });
    expect(request.headers).toMatchObject({ 'x-api-key': 'KEY1', accept: 'application/json' });
    expect(parsed(request)).toEqual({ to: '+491701234567', from: 'Acme', text: 'Grüße €', foreign_id: ID, ttl: 60 });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['77229200142'] });
  });

  it.each([
    [json(200, { success: '900' }), { outcome: 'delayed' }],
    [{ status: 401, body: '900' }, { outcome: 'delayed' }],
    [json(200, { success: '402' }), { outcome: 'delayed', retryAfterMs: 180_000 }],
    [json(200, { success: '700' }), { outcome: 'unknown' }],
    [json(200, { success: '202' }), { outcome: 'refused', code: '202' }],
    [
      json(200, { success: '101', messages: [{ success: false, error: '202', error_text: 'Bad' }] }),
      { code: '202', detail: 'seven.io answered 202: Bad' },
    ],
    [{ status: 200, body: '<html>' }, { outcome: 'unknown' }],
    [{ status: 500, body: '' }, { outcome: 'unknown' }],
  ])('answers %j', async (answer, expected) => {
    expect((await submit('seven', settings(), answer)).outcome).toMatchObject(expected);
  });

  it('signs its webhooks, and an old one is refused', () => {
    const signing = { ...settings(), signingSecret: 'sign' };
    const signed = (body: string, timestamp = now()) => {
      const text = [timestamp, 'n1', 'POST', CALLBACK, createHash('md5').update(body).digest('hex')].join('\n');
      const signature = createHmac('sha256', 'sign').update(text).digest('hex');
      return callback({
        headers: { 'x-timestamp': timestamp, 'x-nonce': 'n1', 'x-signature': signature },
        body: Buffer.from(body),
      });
    };
    const dlr = (status: string) => JSON.stringify({ webhook_event: 'dlr', data: { msg_id: '772', status } });
    expect(readCarrierCallback('seven', signing, signed(dlr('NOTDELIVERED')), CALLBACK)).toMatchObject({
      reports: [{ message: { ref: '772' }, status: 'failed', code: 'NOTDELIVERED' }],
    });
    expect(readCarrierCallback('seven', signing, signed('{"webhook_event":"sms_mo"}'), CALLBACK)).toEqual({
      reports: [],
    });
    for (const forged of [
      { ...signed(dlr('EXPIRED')), body: Buffer.from(dlr('DELIVERED')) },
      signed(dlr('DELIVERED'), String(Number(now()) - 301)),
      callback({ body: Buffer.from(dlr('DELIVERED')) }),
    ]) {
      expect(readCarrierCallback('seven', signing, forged, CALLBACK)).toBe('unauthorized');
    }
    const unsigned = callback({ body: Buffer.from(dlr('DELIVERED')) });
    expect(readCarrierCallback('seven', settings(), unsigned, CALLBACK)).toMatchObject({
      reports: [{ status: 'delivered' }],
    });
  });
});

describe('a provider by configuration', () => {
  const settings = (rest: Record<string, unknown> = {}) => ({
    url: `${provider.url}/send/{{toDigits}}`,
    headers: { authorization: 'Token abc' },
    body: { to: ['{{to}}'], message: { text: '{{body}}', from: '{{from}}', unicode: false }, hook: '{{callbackUrl}}' },
    idPath: 'results.0.id',
    errorCodePath: 'error.code',
    errorTextPath: 'error.text',
    delayedCodes: ['busy'],
    ...rest,
  });

  it('gets JSON that no text can break out of', async () => {
    const body = '"}, {{from}} \\ {"€';
    const answer = json(202, { results: [{ id: 7 }] });
    const { request, outcome } = await submit('http', settings(), answer, outgoing(body, { id: ID }));
    expect(request).toMatchObject({ method: 'POST', url: '/send/491701234567' });
    expect(request.headers).toMatchObject({ authorization: 'Token abc', 'content-type': 'application/json' });
    expect(parsed(request)).toEqual({
      to: ['+491701234567'],
      message: { text: body, from: 'Acme', unicode: false },
      hook: `${CALLBACK}?id=${ID}`,
    });
    expect(outcome).toEqual({ id: ID, outcome: 'accepted', refs: ['7'] });
  });

  it('can get a form, or a query', async () => {
    const body = { to: '{{to}}', text: '{{body}}', unicode: '{{isUnicode}}' };
    const posted = await submit('http', settings({ format: 'form', body }), json(200, { results: [{ id: 'x' }] }));
    expect(form(posted.request)).toEqual({ to: '+491701234567', text: 'Grüße €', unicode: '0' });
    const url = `${provider.url}/send?to={{to}}&text={{body}}&valid={{validitySeconds}}`;
    const asked = await submit('http', settings({ method: 'GET', url }), json(200, { results: [{ id: 'x' }] }));
    expect(asked.request.body).toHaveLength(0);
    expect(asked.request.url).toMatch(/^\/send\?to=%2B491701234567&text=Gr%C3%BC%C3%9Fe%20%E2%82%AC&valid=360[0-5]$/);
  });

  it.each([
    [json(200, { error: { code: 'busy', text: 'Later' } }), { outcome: 'delayed', detail: 'Later' }],
    [json(400, { error: { code: 'bad', text: 'No' } }), { outcome: 'refused', code: 'bad' }],
    [json(200, {}), { outcome: 'unknown' }],
    [json(500, {}), { outcome: 'unknown' }],
  ])('answers %j', async (answer, expected) => {
    expect((await submit('http', settings(), answer)).outcome).toMatchObject(expected);
  });

  it.each([
    [json(200, { ok: 1 }), { outcome: 'accepted', refs: [] }],
    [json(200, { ok: 0, error: { code: '13' } }), { outcome: 'refused', code: '13' }],
    [{ status: 200, body: '<html>' }, { outcome: 'unknown' }],
  ])('answers %j where a field says success', async (answer, expected) => {
    const success = { path: 'ok', values: ['1', 'true'] };
    const { outcome } = await submit('http', settings({ idPath: undefined, success }), answer);
    expect(outcome).toMatchObject(expected);
  });

  const report = {
    format: 'json',
    refPath: 'message.id',
    statusPath: 'message.state',
    codePath: 'message.code',
    statuses: { ok: 'delivered', bad: 'failed' },
    signature: { header: 'x-signature', algorithm: 'sha256', encoding: 'hex', prefix: 'sha256=' },
  };

  it('signs its reports with an HMAC of the body', () => {
    const signing = settings({ report, signatureSecret: 's' });
    const body = JSON.stringify({ message: { id: 7, state: 'bad', code: 27 } });
    const signature = `sha256=${createHmac('sha256', 's').update(body).digest('hex')}`;
    const request = callback({ headers: { 'x-signature': signature }, body: Buffer.from(body) });
    expect(readCarrierCallback('http', signing, request, CALLBACK)).toEqual({
      reports: [{ message: { ref: '7' }, status: 'failed', code: '27', detail: 'bad', at: null }],
    });
    const forged = { ...request, body: Buffer.from(body.replace('bad', 'ok')) };
    expect(readCarrierCallback('http', signing, forged, CALLBACK)).toBe('unauthorized');
    expect(readCarrierCallback('http', settings({ report }), request, CALLBACK)).toBe('unauthorized');
    expect(readCarrierCallback('http', settings(), request, CALLBACK)).toBe('unauthorized');
  });

  it('can report by a form or a query with our id', () => {
    const byForm = settings({ report: { ...report, format: 'form', statusPath: 'state', signature: undefined } });
    const request = callback({ url: `${PATH}?id=${ID}`, body: Buffer.from('state=__proto__') });
    expect(readCarrierCallback('http', byForm, request, CALLBACK)).toMatchObject({
      reports: [{ message: { id: ID }, status: 'unknown', code: '__proto__' }],
    });
    const byQuery = settings({ report: { ...report, format: 'query', statusPath: 'state', signature: undefined } });
    const asked = callback({ method: 'GET', url: `${PATH}?id=${ID}&state=ok` });
    expect(readCarrierCallback('http', byQuery, asked, CALLBACK)).toMatchObject({ reports: [{ status: 'delivered' }] });
    expect(readCarrierCallback('http', byQuery, { ...asked, url: PATH }, CALLBACK)).toBe('malformed');
  });
});

describe('the registry', () => {
  it('knows every kind, and refuses settings of another', () => {
    expect(CARRIER_KINDS).toEqual([
      'sandbox',
      'kannel',
      'smpp',
      'twilio',
      'vonage',
      'telnyx',
      'sms-to',
      'seven',
      'http',
    ]);
    expect(findCarrierKind('constructor')).toBeNull();
    expect(() => makeCarrier('kannel', 'k', { host: 'x' }, testEnv())).toThrow();
    expect(() => makeCarrier('none', 'k', {}, testEnv())).toThrow('There is no carrier kind "none".');
  });

  it('hides every secret', () => {
    expect(hideCarrierSecrets('vonage', { apiKey: 'k', apiSecret: 's', signatureSecret: 't' })).toEqual({
      apiKey: 'k',
    });
    expect(hideCarrierSecrets('http', { url: 'u', headers: { authorization: 'x' } })).toEqual({ url: 'u' });
  });

  it('sends nothing to an address that an owner may not name', async () => {
    const carrier = makeCarrier(
      'sms-to',
      's',
      { baseUrl: provider.url, apiKey: 'k' },
      testEnv({ targets: makePublicTargets() }),
    );
    const before = provider.received.length;
    expect(await carrier.submit([outgoing('Hello')])).toMatchObject([
      { outcome: 'delayed', detail: 'The URL must begin with https.' },
    ]);
    expect(provider.received.length).toBe(before);
  });
});
