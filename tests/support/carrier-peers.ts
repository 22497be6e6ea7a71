import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, createServer as createTcpServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { countSegments } from '@/server/domain/messaging/segments/rules';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { CallbackRequest, CarrierEnv, DeliveryReport } from '@/server/outbound/carriers/carrier';
import { makeAnyTargets } from '@/server/outbound/targets';

/** Peers of Debian's packages, with the file that shows that each is installed. */
const PEERS = {
  kannel: '/usr/sbin/bearerbox',
  'kannel-extras': '/usr/lib/kannel/test/fakesmsc',
  'libnet-smpp-perl': '/usr/share/perl5/Net/SMPP.pm',
};

/** Returns true, and says so in one line, if a package that a file of tests needs is missing. */
export function isMissing(...packages: (keyof typeof PEERS)[]): boolean {
  const missing = packages.filter((name) => !existsSync(PEERS[name]));
  if (missing.length > 0) console.warn(`Skipped tests against real peers: ${missing.join(', ')} is not installed.`);
  return missing.length > 0;
}

/** Returns ports that were free a moment ago. */
export async function freePorts<N extends string>(...names: N[]): Promise<Record<N, number>> {
  const servers = names.map(() => createTcpServer());
  await Promise.all(servers.map((server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return Object.fromEntries(names.map((name, index) => [name, ports[index]])) as Record<N, number>;
}

/** Waits until a port of this machine accepts connections. */
async function waitForPort(port: number): Promise<void> {
  for (let left = 200; left > 0; left -= 1) {
    const open = await new Promise<boolean>((done) => {
      const socket = connect(port, '127.0.0.1', () => done(true)).once('error', () => done(false));
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    await sleep(25);
  }
  throw new Error(`Nothing listens on port ${port}.`);
}

/** Programs that a test started, and a folder for their files. All end with `close`. */
export class Peers {
  readonly folder = mkdtempSync(join(tmpdir(), 'purser-carrier-'));
  private readonly children: ChildProcess[] = [];

  write(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  /** Starts a program and collects the lines that it prints. Waits for its port, if given. */
  async start(command: string, args: string[], port?: number): Promise<{ lines: string[]; child: ChildProcess }> {
    const child = spawn(command, args, { cwd: this.folder, stdio: ['ignore', 'pipe', 'pipe'] });
    this.children.push(child);
    const lines: string[] = [];
    let rest = '';
    const read = (chunk: Buffer): void => {
      const all = (rest + chunk.toString('utf8')).split('\n');
      rest = all.pop() ?? '';
      lines.push(...all);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    if (port !== undefined) {
      await waitForPort(port).catch((error: Error) => {
        throw new Error(`${error.message}\n${lines.slice(-8).join('\n')}`, { cause: error });
      });
    }
    return { lines, child };
  }

  close(): void {
    for (const child of this.children) child.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Polls until a value is found. */
export async function waitFor<T>(find: () => T | undefined | false | null, timeoutMs = 10_000): Promise<T> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const found = find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`Not found within ${timeoutMs} ms: ${find.toString()}`);
    await sleep(10);
  }
}

let serial = 0;

/** Returns a message, priced as the product prices it. */
export function outgoing(body: string, rest: Partial<OutgoingMessage> = {}): OutgoingMessage {
  serial += 1;
  const id = `01890000-0000-7000-8000-${serial.toString(16).padStart(12, '0')}`;
  return { id, to: '+491701234567', from: 'Acme', body, ...countSegments(body), ...rest };
}

/** A text of 400 characters with an emoji. */
export const LONG_TEXT = `${'Ünïcode text, '.repeat(30).slice(0, 390)}😀${'.'.repeat(9)}`;

/** Texts at the boundaries of both encodings: extension characters at 160 and 153, surrogate pairs at 70 and 67. */
export const BOUNDARIES: Record<string, string> = {
  '160 septets': 'a'.repeat(160),
  '161 septets': 'a'.repeat(161),
  'an extension character as septets 159 and 160': `${'a'.repeat(158)}€`,
  'an extension character as septets 160 and 161': `${'a'.repeat(159)}€`,
  'an extension character as septets 153 and 154': `${'a'.repeat(152)}€${'b'.repeat(20)}`,
  'an extension character at each end of a part': `${'a'.repeat(151)}€{${'b'.repeat(149)}}[${'c'.repeat(9)}`,
  '70 units': 'ж'.repeat(70),
  '71 units': 'ж'.repeat(71),
  'a surrogate pair as units 69 and 70': `${'ж'.repeat(68)}😀`,
  'a surrogate pair as units 70 and 71': `${'ж'.repeat(69)}😀`,
  'a surrogate pair as units 67 and 68': `${'ж'.repeat(66)}😀${'я'.repeat(66)}`,
  'surrogate pairs only': '😀'.repeat(100),
  '400 characters with an emoji': LONG_TEXT,
  'more parts than max-messages': 'y'.repeat(1_600),
};

/** Returns a carrier's surroundings that keep its reports. */
export function testEnv(rest: Partial<CarrierEnv> = {}): CarrierEnv & { reports: DeliveryReport[] } {
  const reports: DeliveryReport[] = [];
  return {
    reports,
    report: (more) => Promise.resolve(void reports.push(...more)),
    callbackUrl: null,
    targets: makeAnyTargets(),
    log: () => {},
    ...rest,
  };
}

/** A received request, with the whole body. */
export type Received = CallbackRequest;

/** Starts an HTTP server that answers as given and keeps what it received. */
export async function startStandIn(
  answer: (request: Received) => { status: number; body?: string; headers?: Record<string, string> } | null = () => ({
    status: 200,
  }),
): Promise<{ url: string; received: Received[]; server: Server; close: () => Promise<void> }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
      );
      const one = { method: request.method ?? '', url: request.url ?? '', headers, body };
      received.push(one);
      const given = answer(one);
      // No answer: the connection is cut after the request.
      if (given) response.writeHead(given.status, given.headers).end(given.body ?? '');
      else request.socket.destroy();
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  const close = () =>
    new Promise<void>((done) => {
      server.closeAllConnections();
      server.close(() => done());
    });
  return { url: `http://127.0.0.1:${port}`, received, server, close };
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}
