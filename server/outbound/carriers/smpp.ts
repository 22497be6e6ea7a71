import { setTimeout as sleep } from 'node:timers/promises';
import type { Fields, PDU } from 'smpp';
import { z } from 'zod';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { Capabilities, Carrier, CarrierEnv, CarrierKind, DeliveryReport, Outcome, Submitted } from './carrier';
import { concatenationHeader, concatenationReference, encodePart, splitText } from './parts';
import { joinOutcomes } from './part-outcomes';
import { SmppLink, statusName, type LinkAnswer } from './smpp-link';
import { isReceipt, normalizeMessageId, readReceipt } from './smpp-receipts';

const byte = z.int().min(0).max(255);
const duration = z.int().min(1).max(3_600_000);

/** An account at an SMSC: SMPP 3.4, https://smpp.org/SMPP_v3_4_Issue1_2.pdf */
const settings = z.strictObject({
  host: z.string().min(1).max(253),
  port: z.int().min(1).max(65_535).default(2775),
  tls: z.boolean().default(false),
  /** The certificate (PEM) that signs the SMSC's, if it is not a public authority's. */
  ca: z.string().max(20_000).optional(),
  systemId: z.string().min(1).max(15),
  password: z.string().max(64),
  systemType: z.string().max(12).default(''),
  /** `transceiver`, a pair of `transmitter` and `receiver`, or only `transmitter`, which receives no reports. */
  bind: z.enum(['transceiver', 'pair', 'transmitter']).default('transceiver'),
  /** The most requests without an answer. */
  window: z.int().min(1).max(1_000).default(10),
  enquireLinkMs: duration.default(30_000),
  responseTimeoutMs: duration.default(10_000),
  /** The longest wait for a connection before messages are delayed. */
  connectWaitMs: duration.default(2_000),
  reconnectMinMs: duration.default(1_000),
  reconnectMaxMs: duration.default(60_000),
  /** The first wait after the SMSC was too busy; it doubles to a minute. */
  throttleMs: duration.default(1_000),
  /** The format of ids in answers and receipts: the same text, or one hexadecimal and the other decimal. */
  messageIds: z.enum(['same', 'hex-then-decimal', 'decimal-then-hex']).default('same'),
  /** The form of texts of several parts: a header with an 8-bit or 16-bit reference, SAR parameters, or one long text. */
  longMessages: z.enum(['udh8', 'udh16', 'sar', 'payload']).default('udh8'),
  gsm7Coding: byte.default(0),
  ucs2Coding: byte.default(8),
  /** Type and plan of numbers (SMPP 3.4, sections 5.2.5 and 5.2.6) for each form of sender, and for recipients. */
  alphanumericTon: byte.default(5),
  alphanumericNpi: byte.default(0),
  shortCodeTon: byte.default(3),
  shortCodeNpi: byte.default(0),
  internationalTon: byte.default(1),
  internationalNpi: byte.default(1),
  serviceType: z.string().max(5).default(''),
  /** The form of the validity period: a time, a duration, or none for an SMSC that accepts neither. */
  validity: z.enum(['absolute', 'relative', 'none']).default('absolute'),
});

type SmppSettings = z.infer<typeof settings>;

const capabilities: Capabilities = {
  alphanumericSender: true,
  unicode: true,
  concatenation: true,
  validity: true,
  scheduledSend: false,
};

/** The statuses after which the same message can be accepted later; every other one is final. */
const TEMPORARY = new Set(['ESME_RSYSERR', 'ESME_RINVBNDSTS', 'ESME_RMSGQFUL', 'ESME_RTHROTTLED', 'ESME_RX_T_APPN']);

/** The temporary statuses that ask for fewer messages. */
const BUSY = new Set(['ESME_RMSGQFUL', 'ESME_RTHROTTLED']);

const THROTTLE_MAX_MS = 60_000;

/** The longest time in which the missing parts of a message are tried again, in milliseconds. */
const PATIENCE_MS = 10_000;

const UDH_INDICATOR = 0x40;

const shortCode = /^\d{1,8}$/;
const phoneNumber = /^\+?\d+$/;

function senderFields(from: string, settings: SmppSettings): Fields {
  const [ton, npi] = shortCode.test(from)
    ? [settings.shortCodeTon, settings.shortCodeNpi]
    : phoneNumber.test(from)
      ? [settings.internationalTon, settings.internationalNpi]
      : [settings.alphanumericTon, settings.alphanumericNpi];
  const address = phoneNumber.test(from) ? from.replace('+', '') : from;
  return { source_addr: address, source_addr_ton: ton, source_addr_npi: npi };
}

/** Returns the validity period in the SMSC's form (SMPP 3.4, section 7.1.1); an empty one leaves it to the SMSC. */
function validityPeriod(until: Date | null | undefined, form: SmppSettings['validity']): string {
  if (!until || form === 'none') return '';
  if (form === 'absolute') return `${until.toISOString().replace(/\D/g, '').slice(2, 14)}000+`;
  const seconds = Math.max(1, Math.floor((until.getTime() - Date.now()) / 1_000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const days = Math.min(99, Math.floor(seconds / 86_400));
  return `0000${two(days)}${two(Math.floor(seconds / 3_600) % 24)}${two(Math.floor(seconds / 60) % 60)}${two(seconds % 60)}000R`;
}

/** Returns the fields of each submit_sm for a message. */
function submitFields(message: OutgoingMessage, settings: SmppSettings): Fields[] {
  const { id, encoding } = message;
  const common: Fields = {
    service_type: settings.serviceType,
    ...senderFields(message.from, settings),
    destination_addr: message.to.replace('+', ''),
    dest_addr_ton: settings.internationalTon,
    dest_addr_npi: settings.internationalNpi,
    registered_delivery: 1,
    validity_period: validityPeriod(message.validUntil, settings.validity),
    data_coding: encoding === 'gsm7' ? settings.gsm7Coding : settings.ucs2Coding,
  };
  const parts = splitText(message);
  const [only = ''] = parts;
  if (parts.length === 1) return [{ ...common, short_message: encodePart(only, encoding) }];
  if (settings.longMessages === 'payload')
    return [{ ...common, short_message: Buffer.alloc(0), message_payload: encodePart(message.body, encoding) }];
  return parts.map((part, index) => {
    const text = encodePart(part, encoding);
    if (settings.longMessages === 'sar') {
      return {
        ...common,
        short_message: text,
        sar_msg_ref_num: concatenationReference(id, 2),
        sar_total_segments: parts.length,
        sar_segment_seqnum: index + 1,
      };
    }
    const header = concatenationHeader(id, index + 1, parts.length, settings.longMessages === 'udh8' ? 1 : 2);
    return { ...common, esm_class: UDH_INDICATOR, short_message: Buffer.concat([header, text]) };
  });
}

/** Waits that double while the SMSC is too busy. */
class Backoff {
  private waitMs = 0;
  private until = 0;
  constructor(private readonly firstMs: number) {}

  /** The time left until the SMSC may be tried again, in milliseconds. */
  leftMs(): number {
    return Math.max(0, this.until - Date.now());
  }

  /** Several refusals of one window count as one. */
  slowDown(): void {
    if (this.leftMs() > 0) return;
    this.waitMs = Math.min(this.waitMs === 0 ? this.firstMs : this.waitMs * 2, THROTTLE_MAX_MS);
    this.until = Date.now() + this.waitMs;
  }

  recover(): void {
    if (this.leftMs() === 0) this.waitMs = 0;
  }
}

/** Collects receipts that arrive together, so that they are stored together. Each waits until its own is stored. */
class ReportBatch {
  private open: { reports: DeliveryReport[]; stored: Promise<void> } | null = null;
  constructor(private readonly report: CarrierEnv['report']) {}

  add(one: DeliveryReport): Promise<void> {
    if (this.open) this.open.reports.push(one);
    else {
      const reports = [one];
      const stored = sleep(BATCH_MS).then(() => {
        this.open = null;
        return this.report(reports);
      });
      this.open = { reports, stored };
    }
    return this.open.stored;
  }
}

const BATCH_MS = 20;

class SmppCarrier implements Carrier {
  readonly capabilities = capabilities;
  private readonly sender: SmppLink;
  private readonly links: SmppLink[];
  private readonly backoff: Backoff;
  private readonly batch: ReportBatch;

  constructor(
    readonly name: string,
    private readonly settings: SmppSettings,
    private readonly env: CarrierEnv,
  ) {
    this.backoff = new Backoff(settings.throttleMs);
    this.batch = new ReportBatch((reports) => env.report(reports));
    const modes = settings.bind === 'pair' ? (['transmitter', 'receiver'] as const) : ([settings.bind] as const);
    this.links = modes.map(
      (mode) =>
        new SmppLink(
          mode,
          settings,
          env.targets,
          (pdu) => this.receive(pdu),
          (line) => env.log({ ...line, carrier: name }),
        ),
    );
    this.sender = this.links[0]!;
  }

  submit(batch: OutgoingMessage[]): Promise<Submitted[]> {
    return Promise.all(batch.map((message) => this.submitOne(message)));
  }

  health(): { connected: boolean; detail: string | null } {
    const detail = this.links.map(({ fault }) => fault).find((fault) => fault !== null) ?? null;
    return { connected: detail === null, detail };
  }

  async close(): Promise<void> {
    await Promise.all(this.links.map((link) => link.close()));
  }

  private async submitOne(message: OutgoingMessage): Promise<Submitted> {
    await this.sender.waitBound(this.settings.connectWaitMs);
    const all = submitFields(message, this.settings);
    const send = (index: number): Promise<Outcome> => this.submitPart(all[index]!);
    const outcomes = await Promise.all(all.map((_, index) => send(index)));
    const deadline = Date.now() + PATIENCE_MS;
    // Parts that the SMSC already has are of no use without the others, so those are tried again here.
    const isPartial = (): boolean =>
      outcomes.some(({ outcome }) => outcome === 'accepted') &&
      outcomes.every(({ outcome }) => outcome === 'accepted' || outcome === 'delayed') &&
      outcomes.some(({ outcome }) => outcome === 'delayed');
    while (isPartial() && Date.now() + this.backoff.leftMs() < deadline) {
      await sleep(Math.max(this.backoff.leftMs(), this.settings.throttleMs / 2));
      await this.sender.waitBound(this.settings.connectWaitMs);
      for (const [index, { outcome }] of outcomes.entries()) {
        if (outcome === 'delayed' && this.backoff.leftMs() === 0) outcomes[index] = await send(index);
      }
    }
    return { id: message.id, ...joinOutcomes(outcomes) };
  }

  private async submitPart(fields: Fields): Promise<Outcome> {
    return this.outcomeOf(await this.sender.submit(fields, () => this.backoff.leftMs() === 0));
  }

  private refOf(messageId: string): string {
    return normalizeMessageId(messageId, 'answer', this.settings.messageIds);
  }

  private outcomeOf(answer: LinkAnswer): Outcome {
    if (answer === 'down') {
      const retryAfterMs = this.backoff.leftMs();
      if (retryAfterMs > 0) return { outcome: 'delayed', detail: 'The SMSC is too busy.', retryAfterMs };
      return { outcome: 'delayed', detail: this.sender.fault ?? 'The connection was closed.' };
    }
    if (answer === 'lost') return { outcome: 'unknown', detail: 'The SMSC did not answer.' };
    const { status } = answer;
    if (status === 0) {
      this.backoff.recover();
      const ref = this.refOf(answer.messageId);
      return { outcome: 'accepted', refs: ref === '' ? [] : [ref] };
    }
    const name = statusName(status);
    const detail = `The SMSC answered ${name}.`;
    if (!TEMPORARY.has(name)) return { outcome: 'refused', code: name, detail };
    if (BUSY.has(name)) this.backoff.slowDown();
    return { outcome: 'delayed', detail, retryAfterMs: this.backoff.leftMs() };
  }

  /** Reports a receipt; other messages of the SMSC are from phones, and are not ours to keep. */
  private async receive(pdu: PDU): Promise<void> {
    if (!isReceipt(pdu)) return;
    const { ref, ...report } = readReceipt(pdu, this.settings.messageIds);
    if (ref === null) return this.env.log({ msg: 'receipt without an id', level: 'warn', carrier: this.name });
    // A receipt may overtake the answer that says whose id it holds: whoever stores the ids keeps it until then.
    await this.batch.add({ ...report, message: { ref } });
  }
}

/** A direct connection to an SMSC by SMPP 3.4. */
export const smpp: CarrierKind<SmppSettings> = {
  kind: 'smpp',
  settings,
  secretFields: ['password'],
  make: (name, settings, env) => new SmppCarrier(name, settings, env),
};
