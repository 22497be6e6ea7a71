import { isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import library, { type Fields, type PDU, type Session } from 'smpp';
import type { Targets } from '../targets';

/** The settings of a link to an SMSC. */
export type LinkSettings = {
  host: string;
  port: number;
  tls: boolean;
  ca?: string | undefined;
  systemId: string;
  password: string;
  systemType: string;
  window: number;
  enquireLinkMs: number;
  responseTimeoutMs: number;
  reconnectMinMs: number;
  reconnectMaxMs: number;
};

/** A link's bind operation (SMPP 3.4, section 4.1). */
export type BindMode = 'transceiver' | 'transmitter' | 'receiver';

/**
 * The SMSC's answer to a request. `down`: nothing was written. `lost`: it was written, but the connection ended or the
 * time ran out before an answer.
 */
export type LinkAnswer = { status: number; messageId: string } | 'down' | 'lost';

/** The status of a deliver_sm_resp after which the SMSC delivers again (SMPP 3.4, section 5.1.3). */
const ESME_RX_T_APPN = 0x64;

const INTERFACE_VERSION = 0x34;

const UNBIND_MS = 1_000;

/** A limit on requests without an answer. Further ones queue in order. */
class Window {
  private readonly queue: (() => void)[] = [];
  constructor(private free: number) {}

  async acquire(): Promise<void> {
    if (this.free > 0) this.free -= 1;
    else await new Promise<void>((done) => this.queue.push(done));
  }

  release(): void {
    const next = this.queue.shift();
    if (next) next();
    else this.free += 1;
  }
}

/** A bound session to an SMSC that reconnects by itself, with growing waits. */
export class SmppLink {
  private session: Session | null = null;
  private detail = 'Connecting.';
  private readonly closing = new AbortController();
  private readonly window: Window;
  private readonly answers = new Set<Promise<LinkAnswer>>();
  private readonly lose = new Set<() => void>();
  private readonly boundWaiters = new Set<() => void>();
  private readonly running: Promise<void>;

  /** @param deliver stores a deliver_sm; if it throws, the SMSC is asked to deliver it again */
  constructor(
    private readonly mode: BindMode,
    private readonly settings: LinkSettings,
    private readonly targets: Targets,
    private readonly deliver: (pdu: PDU) => Promise<void>,
    private readonly log: (line: { msg: string; level: 'info' | 'warn'; detail?: string }) => void,
  ) {
    this.window = new Window(settings.window);
    this.running = this.run();
  }

  /** The reason why the link is not bound; null while it is. */
  get fault(): string | null {
    return this.session ? null : this.detail;
  }

  /** Waits until the link is bound, or the time has run out. */
  async waitBound(ms: number): Promise<void> {
    if (this.session || this.closing.signal.aborted) return;
    await new Promise<void>((done) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.boundWaiters.delete(finish);
        done();
      };
      const timer = setTimeout(finish, ms);
      this.boundWaiters.add(finish);
    });
  }

  /**
   * Submits a message and waits for the answer.
   * @param mayWrite is asked once the window has room; if it returns false, nothing is written
   */
  async submit(fields: Fields, mayWrite: () => boolean): Promise<LinkAnswer> {
    await this.window.acquire();
    try {
      const { session } = this;
      if (!session || !mayWrite()) return 'down';
      return await this.request((answer) => session.submit_sm(fields, answer));
    } finally {
      this.window.release();
    }
  }

  /** Waits for the answers to all requests that are under way now. */
  async settled(): Promise<void> {
    await Promise.all(this.answers);
  }

  /** Waits for answers under way, unbinds and disconnects. */
  async close(): Promise<void> {
    await this.settled();
    this.closing.abort();
    this.wakeWaiters();
    const { session } = this;
    if (session) {
      const unbound = this.request((answer) => session.unbind({}, answer));
      await Promise.race([unbound, sleep(UNBIND_MS, undefined, { ref: false })]);
      session.destroy();
    }
    await this.running;
  }

  private request(send: (answer: (pdu: PDU) => void) => boolean): Promise<LinkAnswer> {
    const answer = new Promise<LinkAnswer>((resolve) => {
      const settle = (value: LinkAnswer): void => {
        clearTimeout(timer);
        this.lose.delete(lose);
        resolve(value);
      };
      const lose = (): void => settle('lost');
      const timer = setTimeout(lose, this.settings.responseTimeoutMs);
      this.lose.add(lose);
      try {
        const isWritten = send((pdu) => settle({ status: pdu.command_status, messageId: pdu.message_id ?? '' }));
        if (!isWritten) settle('down');
      } catch {
        // The library could not encode the request, so nothing was written.
        settle('down');
      }
    });
    this.answers.add(answer);
    return answer.finally(() => this.answers.delete(answer));
  }

  private async run(): Promise<void> {
    const { reconnectMinMs, reconnectMaxMs } = this.settings;
    const { signal } = this.closing;
    let wait = reconnectMinMs;
    while (!signal.aborted) {
      const wasBound = await this.connectOnce();
      wait = wasBound ? reconnectMinMs : Math.min(wait * 2, reconnectMaxMs);
      // Spread, so that many processes do not return to the SMSC at the same moment.
      await sleep(wait * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => {});
    }
  }

  /** Connects, binds, and serves until the connection ends. Returns true if it was bound. */
  private connectOnce(): Promise<boolean> {
    const { host, port, tls, ca, responseTimeoutMs } = this.settings;
    const refusal = this.targets.hostRefusal(host);
    if (refusal !== null) {
      this.end(refusal);
      return Promise.resolve(false);
    }
    const session = library.connect({
      host,
      port,
      tls,
      lookup: this.targets.lookup,
      ...(ca !== undefined && { ca }),
      // An address has no name to check a certificate for, and may not be sent as one (RFC 6066).
      ...(isIP(host) === 0 && { servername: host }),
    });
    return new Promise((resolve) => {
      let wasBound = false;
      let reason: string | null = null;
      const end = (why: string): void => {
        reason ??= why;
        session.destroy();
      };
      const deadline = setTimeout(() => end('The SMSC did not answer in time.'), responseTimeoutMs);
      let pulse: NodeJS.Timeout | undefined;
      session.on('error', (error: NodeJS.ErrnoException) =>
        end(`The connection failed (${error.code ?? error.message}).`),
      );
      session.on('close', () => {
        clearTimeout(deadline);
        clearInterval(pulse);
        this.end(reason ?? 'The SMSC closed the connection.');
        for (const lose of this.lose) lose();
        resolve(wasBound);
      });
      session.on('pdu', (pdu: PDU) => this.serve(session, pdu, end));
      session.on(tls ? 'secureConnect' : 'connect', () => {
        this.bind(session, (status) => {
          clearTimeout(deadline);
          if (status !== 0) return end(`The SMSC refused the bind (${statusName(status)}).`);
          wasBound = true;
          this.session = session;
          this.log({ msg: 'carrier connected', level: 'info' });
          this.wakeWaiters();
          pulse = setInterval(() => void this.enquire(session, end), this.settings.enquireLinkMs);
        });
      });
    });
  }

  /** Notes why there is no connection, and logs it if that is news. */
  private end(detail: string): void {
    const isNews = this.session !== null || detail !== this.detail;
    this.session = null;
    this.detail = detail;
    if (isNews && !this.closing.signal.aborted) this.log({ msg: 'carrier not connected', level: 'warn', detail });
  }

  private wakeWaiters(): void {
    for (const wake of this.boundWaiters) wake();
  }

  private bind(session: Session, answer: (status: number) => void): void {
    const { systemId, password, systemType } = this.settings;
    session[`bind_${this.mode}`](
      { system_id: systemId, password, system_type: systemType, interface_version: INTERFACE_VERSION },
      ({ command_status: status }) => answer(status),
    );
  }

  private async enquire(session: Session, end: (why: string) => void): Promise<void> {
    const answer = await this.request((done) => session.enquire_link({}, done));
    if (typeof answer === 'string') end('The SMSC stopped answering.');
  }

  /** Answers a request of the SMSC. */
  private serve(session: Session, pdu: PDU, end: (why: string) => void): void {
    if (pdu.isResponse()) return;
    switch (pdu.command) {
      case 'deliver_sm':
      case 'data_sm':
        void this.deliver(pdu).then(
          () => session.send(pdu.response()),
          () => session.send(pdu.response({ command_status: ESME_RX_T_APPN })),
        );
        return;
      case 'unbind':
        session.send(pdu.response());
        return end('The SMSC unbound the session.');
      case 'enquire_link':
      case 'unknown':
        session.send(pdu.response());
    }
  }
}

/** Returns the name of a status in the specification, or its number if it is the SMSC's own. */
export function statusName(status: number): string {
  const [name] = Object.entries(library.errors).find(([, code]) => code === status) ?? [];
  return name ?? `0x${status.toString(16).padStart(8, '0')}`;
}
