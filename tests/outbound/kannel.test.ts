import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Carrier, Submitted } from '@/server/outbound/carriers/carrier';
import { makeCarrier, readCarrierCallback } from '@/server/outbound/carriers/registry';
import { makePublicTargets } from '@/server/outbound/targets';
import {
  BOUNDARIES,
  freePorts,
  isMissing,
  startStandIn,
  LONG_TEXT,
  outgoing,
  Peers,
  testEnv,
  waitFor,
  type Received,
} from '../support/carrier-peers';

const SECRET = '/api/callbacks/carriers/kU3vXqN0Zs';

/** A text on the wire of fakesmsc, with its user data header. */
type WireText = { from: string; to: string; header: Buffer | null; octets: Buffer };

const percentDecoded = (text: string): Buffer =>
  Buffer.from(
    text.replaceAll('+', ' ').replace(/%([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16))),
    'latin1',
  );

/** Reads the texts that fakesmsc printed: `<from to text words>` or `<from to udh header data octets>`. */
function wireTexts(lines: string[]): WireText[] {
  return lines.flatMap((line) => {
    const [, from = '', to = '', rest = ''] = /Got message \d+: <(\S+) (\S+) (.*)>$/s.exec(line) ?? [];
    const [, header, data] = /^(?:udh (\S+) )?(?:data|ucs-2) (.*)$/s.exec(rest) ?? [];
    if (data !== undefined)
      return [{ from, to, header: header === undefined ? null : percentDecoded(header), octets: percentDecoded(data) }];
    const [, words] = /^text (.*)$/s.exec(rest) ?? [];
    return words === undefined ? [] : [{ from, to, header: null, octets: Buffer.from(words) }];
  });
}

/** Decodes a text of fakesmsc, which prints GSM-7 as UTF-8. */
const decoded = ({ octets }: WireText, encoding: 'gsm7' | 'ucs2'): string =>
  encoding === 'gsm7' ? octets.toString('utf8') : Buffer.from(octets).swap16().toString('utf16le');

describe.skipIf(isMissing('kannel', 'kannel-extras'))('a real Kannel', () => {
  const peers = new Peers();
  let callbacks: Awaited<ReturnType<typeof startStandIn>>;
  let wire: string[];
  let sendsms: string;
  let carrier: Carrier;
  const connect = (rest: Record<string, unknown> = {}) =>
    makeCarrier(
      'kannel',
      'kannel-1',
      { url: sendsms, username: 'tester', password: 'foo&bar', everyStep: true, ...rest },
      testEnv({ callbackUrl: `${callbacks.url}${SECRET}` }),
    );
  const reportsOf = (id: string) =>
    callbacks.received.flatMap((request) => {
      const content = readCarrierCallback('kannel', kannelSettings, request, `${callbacks.url}${SECRET}`);
      return typeof content === 'string'
        ? []
        : content.reports.filter(({ message }) => 'id' in message && message.id === id);
    });
  let kannelSettings: Record<string, unknown>;

  beforeAll(async () => {
    callbacks = await startStandIn();
    const ports = await freePorts('admin', 'smsbox', 'smsc', 'sendsms');
    const config = peers.write(
      'kannel.conf',
      [
        `group = core\nadmin-port = ${ports.admin}\nadmin-password = none\nsmsbox-port = ${ports.smsbox}\ndlr-storage = internal\nadmin-interface = 127.0.0.1`,
        `group = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = ${ports.smsc}\nconnect-allow-ip = 127.0.0.1\ndenied-prefix = "+4999"`,
        `group = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = ${ports.sendsms}\nsendsms-interface = 127.0.0.1`,
        `group = sendsms-user\nusername = tester\npassword = "foo&bar"\nmax-messages = 10\nconcatenation = true\nwhite-list-regex = "^\\+49"`,
        `group = sms-service\nkeyword = default\ntext = none`,
      ].join('\n\n'),
    );
    await peers.start('/usr/sbin/bearerbox', ['-v', '4', config], ports.smsbox);
    const smsc = peers.start('/usr/lib/kannel/test/fakesmsc', ['-r', String(ports.smsc), '-m', '0', '1 2 text nop']);
    await peers.start('/usr/sbin/smsbox', ['-v', '4', config], ports.sendsms);
    wire = (await smsc).lines;
    sendsms = `http://127.0.0.1:${ports.sendsms}/cgi-bin/sendsms`;
    kannelSettings = { url: sendsms, username: 'tester', password: 'foo&bar' };
    carrier = connect();
    // Kannel queues texts until its simulator has connected.
    await carrier.submit([outgoing('first')]);
    await waitFor(() => wireTexts(wire).length === 1);
  });
  afterAll(async () => {
    await carrier?.close();
    await callbacks?.close();
    peers.close();
  });

  /** Submits a text and returns its parts on the wire, found by a recipient that no other text has. */
  let number = 0;
  async function sent(body: string): Promise<{ answer: Submitted; parts: WireText[]; id: string }> {
    number += 1;
    const message = outgoing(body, { to: `+4917${String(number).padStart(8, '0')}` });
    const [answer] = await carrier.submit([message]);
    const parts = await waitFor(() => {
      const found = wireTexts(wire).filter(({ to }) => to === message.to);
      return found.length >= message.segments && found;
    });
    return { answer: answer!, parts, id: message.id };
  }

  it.each(Object.entries(BOUNDARIES))('sends as many parts as segments are charged: %s', async (_, body) => {
    const { answer, parts } = await sent(body);
    const { encoding, segments } = outgoing(body);
    expect(answer).toMatchObject({ outcome: 'accepted' });
    expect(parts).toHaveLength(segments);
    const ordered = parts.toSorted((a, b) => (a.header?.at(-1) ?? 0) - (b.header?.at(-1) ?? 0));
    const texts = ordered.map((part) => decoded(part, encoding));
    expect(texts.join('')).toBe(body);
    for (const text of texts) expect(text).not.toMatch(/\p{Surrogate}/u);
    if (segments === 1) return expect(parts[0]?.header).toBeNull();
    const [reference] = ordered.map(({ header }) => header?.[3]);
    expect(ordered.map(({ header }) => [...(header ?? [])])).toEqual(
      ordered.map((__, index) => [5, 0, 3, reference, segments, index + 1]),
    );
  });

  it('reports a text of 400 characters with an emoji delivered, once, whatever the order of its reports', async () => {
    const { id } = await sent(LONG_TEXT);
    await waitFor(() => reportsOf(id).length >= 2 && reportsOf(id));
    expect(
      reportsOf(id)
        .map(({ status }) => status)
        .toSorted(),
    ).toEqual(['buffered', 'delivered']);
    expect(reportsOf(id)[0]).toMatchObject({ message: { id }, at: null });
    expect(carrier.health()).toEqual({ connected: true, detail: null });
  });

  it('reports each part of a text that we had to cut', async () => {
    const body = BOUNDARIES['a surrogate pair as units 67 and 68']!;
    const { id } = await sent(body);
    const delivered = () => reportsOf(id).filter(({ status }) => status === 'delivered');
    await waitFor(() => delivered().length === 3);
    expect(new Set(delivered().map(({ part }) => part))).toEqual(new Set([1, 2, 3]));
  });

  it('delays every message while the password is wrong, and refuses a number on no route', async () => {
    const wrong = connect({ password: 'wrong' });
    expect(await wrong.submit([outgoing('Hello')])).toEqual([
      expect.objectContaining({ outcome: 'delayed', detail: expect.stringContaining('Authorization failed') }),
    ]);
    expect(wrong.health().connected).toBe(true);
    const [denied] = await carrier.submit([outgoing('Hello', { to: '+14155550100' })]);
    expect(denied).toMatchObject({ outcome: 'refused', code: 'recipient_denied' });
  });
});

describe('an answer of sendsms', () => {
  const settingsFor = (url: string) => ({ url, username: 'u', password: 'secret', timeoutMs: 300 });
  const submitTo = async (
    answer: Parameters<typeof startStandIn>[0],
    body = 'Hello',
    rest: Record<string, unknown> = {},
  ): Promise<{ answer: Submitted; received: Received[] }> => {
    const server = await startStandIn(answer);
    const carrier = makeCarrier(
      'kannel',
      'k',
      { ...settingsFor(`${server.url}/sendsms`), ...rest },
      testEnv({ callbackUrl: `https://purser.example${SECRET}` }),
    );
    const [first] = await carrier.submit([outgoing(body, { validUntil: new Date(Date.now() + 10 * 60_000 + 5_000) })]);
    await server.close();
    return { answer: first!, received: server.received };
  };

  it.each([
    [202, '0: Accepted for delivery', { outcome: 'accepted', refs: [] }],
    [202, '3: Queued for later delivery', { outcome: 'accepted' }],
    [403, 'Not routable. Do not try again.', { outcome: 'refused', code: 'not_routable' }],
    [400, 'Sender missing and no global set, rejected', { outcome: 'refused', code: 'invalid_sender' }],
    [400, 'Something new', { outcome: 'refused', code: 'invalid_request' }],
    [503, 'Temporal failure, try again later.', { outcome: 'delayed' }],
    [404, 'Not found', { outcome: 'delayed' }],
    [429, 'Slow down', { outcome: 'delayed', retryAfterMs: 7_000 }],
    [500, 'Oops', { outcome: 'unknown' }],
    [200, '<html>a captive portal</html>', { outcome: 'unknown' }],
    [302, '', { outcome: 'unknown' }],
  ])('%i %s', async (status, body, expected) => {
    const headers = { 'retry-after': '7', location: 'http://127.0.0.1:1/' };
    const { answer, received } = await submitTo(() => ({ status, body, headers }));
    expect(answer).toMatchObject(expected);
    expect(received).toHaveLength(1);
  });

  it('is unknown if the connection breaks after the request, or no answer comes in time', async () => {
    expect((await submitTo(() => null)).answer).toMatchObject({ outcome: 'unknown' });
    const silent = await startStandIn();
    silent.server.removeAllListeners('request');
    const carrier = makeCarrier('kannel', 'k', settingsFor(silent.url), testEnv());
    expect(await carrier.submit([outgoing('Hello')])).toMatchObject([
      { outcome: 'unknown', detail: 'The carrier did not answer in time.' },
    ]);
    expect(carrier.health()).toEqual({ connected: false, detail: 'The carrier did not answer in time.' });
    await silent.close();
  });

  it('delays messages while nothing listens, and does not show the password', async () => {
    const { none } = await freePorts('none');
    const carrier = makeCarrier('kannel', 'k', settingsFor(`http://127.0.0.1:${none}/`), testEnv());
    expect(await carrier.submit([outgoing('Hello')])).toMatchObject([
      { outcome: 'delayed', detail: 'The connection failed (ECONNREFUSED).' },
    ]);
    expect(JSON.stringify(carrier.health())).not.toContain('secret');
  });

  it('never connects to an address that an owner may not name', async () => {
    const carrier = makeCarrier(
      'kannel',
      'k',
      settingsFor('https://127.0.0.1/sendsms'),
      testEnv({ targets: makePublicTargets() }),
    );
    expect(await carrier.submit([outgoing('Hello')])).toMatchObject([
      { outcome: 'delayed', detail: 'The address is not on the public internet.' },
    ]);
  });

  it('is unknown for the whole text if one part was taken and another was not', async () => {
    let calls = 0;
    const body = BOUNDARIES['a surrogate pair as units 67 and 68']!;
    const { answer } = await submitTo(() => {
      calls += 1;
      return calls === 1
        ? { status: 202, body: '0: Accepted for delivery' }
        : { status: 503, body: 'Temporal failure' };
    }, body);
    expect(answer).toMatchObject({ outcome: 'unknown' });
    expect(calls).toBe(2);
  });

  it('follows a request with our id in the report URL, the validity, and only final reports', async () => {
    const { received } = await submitTo(() => ({ status: 202, body: '0: Accepted for delivery' }));
    const query = new URL(received[0]!.url, 'http://k').searchParams;
    expect(query.get('dlr-url')).toMatch(
      /^https:\/\/purser\.example\/api\/callbacks\/carriers\/kU3vXqN0Zs\?id=01890000-[0-9a-f-]{27}&status=%d&reply=%A&ref=%F$/,
    );
    expect(Object.fromEntries(query)).toMatchObject({ 'dlr-mask': '19', validity: '10', coding: '0', from: 'Acme' });
  });
});

describe('a report of Kannel', () => {
  const id = '01890000-0000-7000-8000-000000000001';
  const settings = { url: 'http://k/', username: 'u', password: 'p' };
  const url = `https://purser.example${SECRET}`;
  const read = (path: string) =>
    readCarrierCallback('kannel', settings, { method: 'GET', url: path, headers: {}, body: Buffer.alloc(0) }, url);

  it.each([
    ['status=1&reply=', { status: 'delivered', code: '1', detail: null }],
    ['status=8&reply=ACK%2F', { status: 'buffered', code: '8', detail: null }],
    ['status=4&reply=', { status: 'buffered' }],
    [
      'status=16&reply=NACK%2F0x0000000b%2FInvalid%20address',
      { status: 'failed', code: '0x0000000b', detail: 'Invalid address' },
    ],
    [
      'status=2&reply=id%3A77+stat%3AUNDELIV+err%3A009+text%3Astat%3ADELIVRD',
      { status: 'failed', code: '009', detail: 'UNDELIV' },
    ],
    ['status=64&reply=odd', { status: 'unknown', code: '64', detail: 'odd' }],
  ])('%s', (query, expected) => {
    expect(read(`${SECRET}?id=${id}&${query}`)).toMatchObject({ reports: [{ message: { id }, ...expected }] });
  });

  it('is refused on another URL, and rejected without an id or a status', () => {
    expect(read(`/api/callbacks/carriers/kU3vXqN0Zz?id=${id}&status=1`)).toBe('unauthorized');
    expect(read(`${SECRET}?id=1&status=1`)).toBe('malformed');
    expect(read(`${SECRET}?id=${id}`)).toBe('malformed');
    expect(read(`${SECRET}?id=${id}&status=1&part=0`)).toBe('malformed');
  });
});
