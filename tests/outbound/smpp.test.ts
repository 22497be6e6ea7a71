import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer as createTcpServer, connect as connectTcp, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Carrier, CarrierEnv, DeliveryReport, Submitted } from '@/server/outbound/carriers/carrier';
import { concatenationReference } from '@/server/outbound/carriers/parts';
import { makeCarrier } from '@/server/outbound/carriers/registry';
import { isReceipt, normalizeMessageId, readReceipt } from '@/server/outbound/carriers/smpp-receipts';
import { makePublicTargets } from '@/server/outbound/targets';
import {
  BOUNDARIES,
  freePorts,
  isMissing,
  LONG_TEXT,
  outgoing,
  Peers,
  testEnv,
  waitFor,
} from '../support/carrier-peers';

/** A line that the scripted SMSC printed. */
type Line = Record<string, string> & { event: string };

const SMSC = join(import.meta.dirname, '../support/smsc.pl');

const eventsOf = (lines: string[], event: string): Line[] =>
  lines
    .filter((line) => line.startsWith('{'))
    .flatMap((line) => {
      const parsed = JSON.parse(line) as Line;
      return parsed.event === event ? [parsed] : [];
    });

const refsOf = (answer: Submitted | undefined): string[] => (answer?.outcome === 'accepted' ? answer.refs : []);

const refOf = ({ message }: DeliveryReport): string | null => ('ref' in message ? message.ref : null);

const octetsOf = (hex: string | undefined): Buffer => Buffer.from(hex ?? '', 'hex');

/** Decodes unpacked GSM-7, for the characters of the texts in these tests. */
function decodeGsm7(octets: Buffer): string {
  const extension: Record<number, string> = { 0x65: '€', 0x28: '{', 0x29: '}', 0x3c: '[', 0x3e: ']' };
  return Array.from(octets, (code, index) => {
    if (code === 0x1b) return '';
    return octets[index - 1] === 0x1b ? extension[code] : String.fromCharCode(code);
  }).join('');
}

const FAST = {
  systemId: 'purser',
  password: 'secret',
  responseTimeoutMs: 500,
  connectWaitMs: 400,
  reconnectMinMs: 20,
  reconnectMaxMs: 100,
  throttleMs: 100,
};

const carriers: Carrier[] = [];
afterEach(async () => {
  await Promise.all(carriers.splice(0).map((carrier) => carrier.close()));
});

function connectTo(
  port: number,
  rest: Record<string, unknown> = {},
  surroundings: Partial<CarrierEnv> = {},
): Carrier & { env: ReturnType<typeof testEnv> } {
  const env = testEnv(surroundings);
  const carrier = makeCarrier('smpp', 'smsc-1', { host: '127.0.0.1', port, ...FAST, ...rest }, env);
  carriers.push(carrier);
  return Object.assign(carrier, { env });
}

let number = 0;
/** Returns a recipient that no other text has, and whose last digits tell the SMSC what to do. */
const recipient = (code = '99'): string => {
  number += 1;
  return `+4917${String(number).padStart(6, '0')}${code}`;
};

describe.skipIf(isMissing('libnet-smpp-perl'))('an SMSC on Net::SMPP', () => {
  const peers = new Peers();
  let smsc: number;
  let lines: string[];
  const ports: Record<'hex-then-decimal' | 'decimal-then-hex', number> = {
    'hex-then-decimal': 0,
    'decimal-then-hex': 0,
  };

  beforeAll(async () => {
    const free = await freePorts('same', 'hex', 'decimal');
    smsc = free.same;
    ports['hex-then-decimal'] = free.hex;
    ports['decimal-then-hex'] = free.decimal;
    const [started] = await Promise.all([
      peers.start('perl', [SMSC, String(free.same)], free.same),
      peers.start('perl', [SMSC, String(free.hex), 'hex-then-decimal'], free.hex),
      peers.start('perl', [SMSC, String(free.decimal), 'decimal-then-hex'], free.decimal),
    ]);
    lines = started.lines;
  });
  afterAll(() => peers.close());

  const submitsTo = (to: string): Line[] =>
    eventsOf(lines, 'submit').filter((line) => line['to'] === to.slice(1) && line['status'] === '0');

  /** Waits for a number of submits: the SMSC prints them on another way than it answers. */
  const arrivedAt = (to: string, count = 1): Promise<Line[]> =>
    waitFor(() => {
      const found = submitsTo(to);
      return found.length >= count && found;
    });

  /** Submits a text, and returns the answer and its submits on the wire, in the order of the parts. */
  async function sent(body: string, settings: Record<string, unknown> = {}, from = 'Acme') {
    const carrier = connectTo(smsc, settings);
    // This SMSC keeps no receipt for a receiver that is not bound yet.
    await waitFor(() => carrier.health().connected);
    const message = outgoing(body, { to: recipient(), from });
    const [answer] = await carrier.submit([message]);
    const wire = await arrivedAt(message.to, settings['longMessages'] === 'payload' ? 1 : message.segments);
    return { answer, message, carrier, wire };
  }

  it.each(Object.entries(BOUNDARIES))('gets as many parts as segments are charged: %s', async (_, body) => {
    const { answer, message, wire } = await sent(body);
    const { encoding, segments, id } = message;
    expect(answer).toMatchObject({ outcome: 'accepted', refs: { length: segments } });
    expect(wire).toHaveLength(segments);
    const texts = wire.map(({ short, esm, coding }, index) => {
      const octets = octetsOf(short);
      expect([esm, coding]).toEqual([segments > 1 ? '64' : '0', encoding === 'gsm7' ? '0' : '8']);
      const header = segments > 1 ? 6 : 0;
      if (header > 0)
        expect([...octets.subarray(0, header)]).toEqual([5, 0, 3, concatenationReference(id, 1), segments, index + 1]);
      const text = octets.subarray(header);
      expect(text.length).toBeLessThanOrEqual(encoding === 'gsm7' ? (header ? 153 : 160) : header ? 134 : 140);
      return encoding === 'gsm7' ? decodeGsm7(text) : Buffer.from(text).swap16().toString('utf16le');
    });
    expect(texts.join('')).toBe(body);
    for (const text of texts) expect(text).not.toMatch(/\p{Surrogate}/u);
  });

  it('reports each part of a text of 400 characters with an emoji delivered', async () => {
    const { answer, message, carrier } = await sent(LONG_TEXT);
    const { reports } = carrier.env;
    await waitFor(() => reports.length >= message.segments);
    const refs = refsOf(answer);
    expect(refs).toHaveLength(6);
    expect(new Set(reports.map(refOf))).toEqual(new Set(refs));
    expect(reports).toEqual(
      reports.map(({ message: named }) => ({
        message: named,
        status: 'delivered',
        code: '000',
        detail: 'DELIVRD',
        at: null,
      })),
    );
    expect(carrier.health()).toEqual({ connected: true, detail: null });
  });

  it.each(['transceiver', 'pair'])('reports by a bind as %s', async (bind) => {
    const { carrier, answer } = await sent('Hello', { bind });
    await waitFor(() => carrier.env.reports.length === 1);
    expect(carrier.env.reports[0]).toMatchObject({ message: { ref: refsOf(answer)[0] }, status: 'delivered' });
  });

  it('can get long texts with a 16-bit reference, by SAR parameters, or as one payload', async () => {
    const wide = await sent(LONG_TEXT, { longMessages: 'udh16' });
    const reference = concatenationReference(wide.message.id, 2);
    expect([...octetsOf(wide.wire[1]?.['short']).subarray(0, 7)]).toEqual([
      6,
      8,
      4,
      reference >> 8,
      reference & 255,
      6,
      2,
    ]);
    const sar = await sent(LONG_TEXT, { longMessages: 'sar' });
    const hex = concatenationReference(sar.message.id, 2).toString(16).padStart(4, '0');
    expect(sar.wire.map((line) => [line['sar'], line['esm']])).toEqual(
      [1, 2, 3, 4, 5, 6].map((part) => [`${hex}060${part}`, '0']),
    );
    const payload = await sent(LONG_TEXT, { longMessages: 'payload' });
    expect(payload.wire).toHaveLength(1);
    expect(payload.wire[0]).toMatchObject({ short: '', coding: '8', esm: '0' });
    expect(octetsOf(payload.wire[0]?.['payload']).swap16().toString('utf16le')).toBe(LONG_TEXT);
  });

  it.each([
    ['Acme', { from: 'Acme', ton: '5', npi: '0' }],
    ['12345', { from: '12345', ton: '3', npi: '0' }],
    ['+4930123456', { from: '4930123456', ton: '1', npi: '1' }],
    ['4930123456', { from: '4930123456', ton: '1', npi: '1' }],
  ])('gets the sender %s with its type of number', async (from, expected) => {
    const { wire } = await sent('Hello', {}, from);
    expect(wire[0]).toMatchObject({ ...expected, to_ton: '1', to_npi: '1', registered: '1' });
  });

  it.each([
    ['absolute', /^301231235900000\+$/],
    ['relative', /^000000(0[01])\d{4}59000R$|^0000000\d{8}R$|^00000000\d{4}\d{2}000R$/],
    ['none', /^$/],
  ])('gets the validity in the form %s', async (validity, pattern) => {
    const carrier = connectTo(smsc, { validity });
    const validUntil = validity === 'relative' ? new Date(Date.now() + 3_600_000) : new Date('2030-12-31T23:59:00Z');
    const message = outgoing('Hello', { to: recipient(), validUntil });
    await carrier.submit([message]);
    expect((await arrivedAt(message.to))[0]?.['validity']).toMatch(pattern);
  });

  it('delays messages while it is too busy, and takes them afterwards', async () => {
    const carrier = connectTo(smsc);
    const message = outgoing('Hello', { to: recipient('01') });
    const [first] = await carrier.submit([message]);
    expect(first).toMatchObject({ outcome: 'delayed', detail: 'The SMSC answered ESME_RTHROTTLED.' });
    const retryAfterMs = first?.outcome === 'delayed' ? first.retryAfterMs! : 0;
    expect(retryAfterMs).toBeGreaterThan(0);
    const before = lines.length;
    // Nothing else is sent meanwhile.
    expect(await carrier.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([
      { outcome: 'delayed', detail: 'The SMSC is too busy.' },
    ]);
    expect(eventsOf(lines.slice(before), 'submit')).toEqual([]);
    await new Promise((done) => setTimeout(done, retryAfterMs + 20));
    expect(await carrier.submit([message])).toMatchObject([{ outcome: 'accepted' }]);
    expect(await carrier.submit([outgoing('Hello', { to: recipient('02') })])).toMatchObject([{ outcome: 'delayed' }]);
  });

  it('gets the missing part of a message again, and not the others', async () => {
    const carrier = connectTo(smsc);
    const message = outgoing('ж'.repeat(150), { to: recipient('10') });
    expect(await carrier.submit([message])).toMatchObject([{ outcome: 'accepted', refs: { length: 3 } }]);
    const parts = (await arrivedAt(message.to, 3)).map((line) => octetsOf(line['short'])[5]);
    expect(parts.toSorted((a = 0, b = 0) => a - b)).toEqual([1, 2, 3]);
  });

  it('refuses for good, with a code of the specification or its own', async () => {
    const carrier = connectTo(smsc);
    expect(await carrier.submit([outgoing('Hello', { to: recipient('05') })])).toMatchObject([
      { outcome: 'refused', code: 'ESME_RINVDSTADR' },
    ]);
    expect(await carrier.submit([outgoing('Hello', { to: recipient('09') })])).toMatchObject([
      { outcome: 'refused', code: '0x00000450' },
    ]);
  });

  it('leaves messages unknown if it gives no answer, and gets no more than the window at a time', async () => {
    const carrier = connectTo(smsc, { window: 2 });
    const batch = Array.from({ length: 3 }, () => outgoing('Hello', { to: recipient('08') }));
    const answers = carrier.submit(batch);
    const arrived = () => batch.filter(({ to }) => submitsTo(to).length > 0).length;
    await waitFor(() => arrived() === 2);
    await new Promise((done) => setTimeout(done, 100));
    expect(arrived()).toBe(2);
    expect((await answers).map(({ outcome }) => outcome)).toEqual(['unknown', 'unknown', 'unknown']);
  });

  it('may have taken what was under way when it disconnects, and is connected to again', async () => {
    const carrier = connectTo(smsc, { window: 4 });
    const codes = ['99', '99', '03', '99', '99', '99', '99', '99'];
    const batch = codes.map((code) => outgoing('Hello', { to: recipient(code) }));
    const answers = await carrier.submit(batch);
    expect(answers.map(({ id }) => id)).toEqual(batch.map(({ id }) => id));
    expect(answers[2]).toMatchObject({ outcome: 'unknown' });
    const recipientOf = (id: string): string => batch.find((one) => one.id === id)!.to;
    await Promise.all(
      answers.filter(({ outcome }) => outcome === 'accepted').map(({ id }) => arrivedAt(recipientOf(id))),
    );
    for (const { id, outcome } of answers) {
      const wasWritten = submitsTo(recipientOf(id)).length > 0;
      // A message that the SMSC saw is never called untaken.
      if (wasWritten) expect(outcome).not.toBe('delayed');
      else expect(outcome).not.toBe('accepted');
    }
    await waitFor(() => carrier.health().connected);
    expect(await carrier.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([{ outcome: 'accepted' }]);
  });

  it('can send the receipt before the answer to the submit', async () => {
    const carrier = connectTo(smsc);
    const message = outgoing('Hello', { to: recipient('04') });
    const [answer] = await carrier.submit([message]);
    await waitFor(() => carrier.env.reports.length === 1);
    expect(carrier.env.reports[0]).toMatchObject({ message: { ref: refsOf(answer)[0] }, status: 'delivered' });
  });

  it('can send receipts by parameters, and failures with the code of the network', async () => {
    const carrier = connectTo(smsc);
    const [tlv, failed] = [recipient('06'), recipient('07')].map((to) => outgoing('Hello', { to }));
    const [first, second] = (await carrier.submit([tlv!, failed!])).map((answer) => refsOf(answer)[0]);
    await waitFor(() => carrier.env.reports.length === 2);
    expect(carrier.env.reports).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ message: { ref: first }, status: 'delivered', code: 'DELIVRD' }),
        expect.objectContaining({ message: { ref: second }, status: 'failed', code: '011', detail: 'UNDELIV' }),
      ]),
    );
  });

  it.each(['hex-then-decimal', 'decimal-then-hex'] as const)('can write ids %s', async (messageIds) => {
    const carrier = connectTo(ports[messageIds], { messageIds });
    const [own] = await carrier.submit([outgoing('Hello', { to: recipient() })]);
    await waitFor(() => carrier.env.reports.length === 1);
    expect(carrier.env.reports.map(refOf)).toEqual(refsOf(own));
    // Another process gets the receipt of a message that it did not submit.
    const sender = connectTo(ports[messageIds], { messageIds, bind: 'transmitter' });
    const [answer] = await sender.submit([outgoing('Hello', { to: recipient() })]);
    await waitFor(() => carrier.env.reports.length === 2);
    expect(refsOf(answer)).toEqual([refOf(carrier.env.reports[1]!)]);
    expect(sender.env.reports).toEqual([]);
  });

  it('is asked to deliver a receipt again if it could not be stored', async () => {
    const carrier = connectTo(smsc, {}, { report: () => Promise.reject(new Error('down')) });
    const before = lines.length;
    await carrier.submit([outgoing('Hello', { to: recipient() })]);
    await waitFor(() => eventsOf(lines.slice(before), 'receipt').length > 0);
    expect(eventsOf(lines.slice(before), 'receipt')[0]).toMatchObject({ status: '100' });
  });

  it('refuses a wrong password, which delays every message', async () => {
    const logged: unknown[] = [];
    const carrier = connectTo(smsc, { password: 'wrong' }, { log: (line) => void logged.push(line) });
    expect(await carrier.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([{ outcome: 'delayed' }]);
    expect(carrier.health()).toEqual({ connected: false, detail: 'The SMSC refused the bind (ESME_RINVPASWD).' });
    // Logged once, although it has tried several times, and without the password.
    const detail = 'The SMSC refused the bind (ESME_RINVPASWD).';
    expect(logged).toEqual([{ msg: 'carrier not connected', level: 'warn', detail, carrier: 'smsc-1' }]);
  });

  it('is connected to as soon as it is there', async () => {
    const { late } = await freePorts('late');
    const carrier = connectTo(late);
    expect(await carrier.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([
      { outcome: 'delayed', detail: 'The connection failed (ECONNREFUSED).' },
    ]);
    await peers.start('perl', [SMSC, String(late)]);
    await waitFor(() => carrier.health().connected);
    expect(await carrier.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([{ outcome: 'accepted' }]);
  });

  it.skipIf(!existsSync('/usr/bin/openssl'))('can be reached by TLS, with a certificate that is checked', async () => {
    const [key, cert] = [join(peers.folder, 'key.pem'), join(peers.folder, 'cert.pem')];
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:P-256',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        cert,
        ...subject,
      ],
      { stdio: 'ignore' },
    );
    const ca = readFileSync(cert, 'utf8');
    const proxy = createTlsServer({ key: readFileSync(key), cert: ca }, (client) => {
      const peer = connectTcp(smsc, '127.0.0.1');
      client.on('error', () => peer.destroy()).pipe(peer);
      peer.on('error', () => client.destroy()).pipe(client);
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const { port } = proxy.address() as AddressInfo;
    const trusted = connectTo(port, { host: 'localhost', tls: true, ca });
    expect(await trusted.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([{ outcome: 'accepted' }]);
    const wary = connectTo(port, { host: 'localhost', tls: true });
    expect(await wary.submit([outgoing('Hello', { to: recipient() })])).toMatchObject([
      { outcome: 'delayed', detail: 'The connection failed (DEPTH_ZERO_SELF_SIGNED_CERT).' },
    ]);
    proxy.close();
  });
});

describe.skipIf(isMissing('kannel', 'kannel-extras'))('drive_smpp', () => {
  const peers = new Peers();
  afterAll(() => peers.close());

  it('acknowledges submits of a transmitter', async () => {
    const { admin, fake, sendsms, smsc } = await freePorts('admin', 'fake', 'sendsms', 'smsc');
    const config = peers.write(
      'kannel.conf',
      // drive_smpp looks for a bearerbox at this port, and at no other.
      `group = core\nadmin-port = ${admin}\nadmin-password = none\nsmsbox-port = 13001\n\ngroup = smsc\nsmsc = fake\nsmsc-id = FAKE\nport = ${fake}\nconnect-allow-ip = 127.0.0.1\n\ngroup = smsbox\nbearerbox-host = 127.0.0.1\nsendsms-port = ${sendsms}\n`,
    );
    await peers.start('/usr/sbin/bearerbox', ['-v', '4', config], 13_001);
    const { lines } = await peers.start('/usr/lib/kannel/test/drive_smpp', [
      '-v',
      '0',
      '-p',
      String(smsc),
      '-m',
      '1000',
    ]);
    const carrier = connectTo(smsc, {
      bind: 'transmitter',
      systemId: 'foo',
      password: 'bar',
      responseTimeoutMs: 2_000,
    });
    await waitFor(() => carrier.health().connected);
    const batch = ['Hello', LONG_TEXT].map((body) => outgoing(body));
    expect(await carrier.submit(batch)).toMatchObject([
      // Its answers hold no id.
      { outcome: 'accepted', refs: [] },
      { outcome: 'accepted', refs: [] },
    ]);
    await waitFor(() => lines.some((line) => line.includes('short_message = <Hello>')));
  });
});

describe('a connection to an SMSC', () => {
  it('is made again if the SMSC stops answering', async () => {
    let binds = 0;
    // Answers the bind and nothing else.
    const server = createTcpServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (request: Buffer) => {
        binds += 1;
        const answer = Buffer.alloc(17);
        answer.writeUInt32BE(17, 0);
        answer.writeUInt32BE((request.readUInt32BE(4) | 0x80000000) >>> 0, 4);
        request.copy(answer, 12, 12, 16);
        socket.write(answer);
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const carrier = connectTo((server.address() as AddressInfo).port, { enquireLinkMs: 50, responseTimeoutMs: 100 });
    await waitFor(() => carrier.health().connected);
    await waitFor(() => carrier.health().detail === 'The SMSC stopped answering.');
    await waitFor(() => binds >= 2);
    await carrier.close();
    server.close();
  });

  it('is never made to an address that an owner may not name', async () => {
    const carrier = connectTo(2775, {}, { targets: makePublicTargets() });
    expect(carrier.health()).toEqual({ connected: false, detail: 'The address is not on the public internet.' });
    const named = connectTo(2775, { host: 'localhost' }, { targets: makePublicTargets() });
    await waitFor(() => named.health().detail === 'The connection failed (TARGET_REFUSED).');
  });
});

describe('a receipt', () => {
  const pdu = (fields: object) =>
    ({ command: 'deliver_sm', command_status: 0, sequence_number: 1, ...fields }) as never;

  it('is known by its type or parameter, and not by a text that a phone can send', () => {
    const text = { short_message: { message: 'id:1 stat:DELIVRD err:000' } };
    expect(isReceipt(pdu({ esm_class: 0, ...text }))).toBe(false);
    expect(isReceipt(pdu({ esm_class: 0x04, ...text }))).toBe(true);
    expect(isReceipt(pdu({ esm_class: 0x20, ...text }))).toBe(true);
    expect(isReceipt(pdu({ esm_class: 0x08, ...text }))).toBe(false);
    expect(isReceipt(pdu({ esm_class: 0, receipted_message_id: '1' }))).toBe(true);
  });

  it.each([
    [
      'id:7F sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:x',
      'delivered',
      '000',
    ],
    ['ID: 7F STAT: Undeliv ERR: 27', 'failed', '27'],
    ['id:7F stat:EXPIRED text: stat:DELIVRD', 'failed', 'EXPIRED'],
    ['id:7F stat:REJECTD err:008', 'failed', '008'],
    ['id:7F stat:ACCEPTD err:000', 'buffered', '000'],
    ['id:7F stat:UNKNOWN err:255', 'unknown', '255'],
    ['id:7F stat:NEWWORD', 'unknown', 'NEWWORD'],
  ])('%s', (message, status, code) => {
    expect(readReceipt(pdu({ esm_class: 4, short_message: { message } }), 'same')).toMatchObject({
      ref: '7F',
      status,
      code,
    });
  });

  it('is read by its parameters before its text', () => {
    const fields = { receipted_message_id: 'abc', message_state: 5, network_error_code: Buffer.from([3, 0, 27]) };
    const text = { short_message: { message: Buffer.from('id:other stat:DELIVRD') } };
    expect(readReceipt(pdu({ esm_class: 4, ...fields, ...text }), 'same')).toEqual({
      ref: 'abc',
      status: 'failed',
      code: '27',
      detail: 'UNDELIV',
      at: null,
    });
  });

  it('has an id in the same form as the answer to the submit', () => {
    expect(normalizeMessageId('00AB', 'answer', 'hex-then-decimal')).toBe('171');
    expect(normalizeMessageId('0171', 'receipt', 'hex-then-decimal')).toBe('171');
    expect(normalizeMessageId('171', 'answer', 'decimal-then-hex')).toBe('171');
    expect(normalizeMessageId('000000ab', 'receipt', 'decimal-then-hex')).toBe('171');
    expect(normalizeMessageId('00AB\0', 'receipt', 'same')).toBe('00AB');
  });
});
