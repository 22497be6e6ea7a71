import type { z } from 'zod';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { Targets } from '../targets';

/**
 * A carrier's answer to one submitted message.
 *
 * - `accepted`: the carrier has it. `refs` are the carrier's ids: none if it gives none, one, or one for each part. `parts`
 *   is their number if each is reported by our id and its own number.
 * - `refused`: the carrier will never send it.
 * - `delayed`: the carrier has certainly not taken it, so it can be tried again later or by another route.
 * - `unknown`: the carrier may have taken it. It must be retried with the same carrier and the same id.
 */
export type Submitted =
  | { id: string; outcome: 'accepted'; refs: string[]; parts?: number }
  | { id: string; outcome: 'refused'; code: string; detail: string }
  | { id: string; outcome: 'delayed'; detail: string; retryAfterMs?: number }
  | { id: string; outcome: 'unknown'; detail: string };

/** An answer without the id of its message, as a table of answers holds it. */
export type Outcome = Submitted extends infer S ? (S extends { id: string } ? Omit<S, 'id'> : never) : never;

/** The meaning of a delivery report. `buffered`: under way. `unknown`: a code that the carrier's table does not list. */
export type ReportStatus = 'buffered' | 'delivered' | 'failed' | 'unknown';

/**
 * A delivery report. `message` names the message by our id or by the carrier's. `part` (from 1) is set if the report is
 * about one part of several. `code` is the carrier's own, as it was received.
 */
export type DeliveryReport = {
  message: { id: string } | { ref: string };
  part?: number;
  status: ReportStatus;
  code: string | null;
  detail: string | null;
  at: Date | null;
};

/** The abilities of a kind of carrier, by which a route chooses. */
export type Capabilities = {
  alphanumericSender: boolean;
  unicode: boolean;
  concatenation: boolean;
  validity: boolean;
  scheduledSend: boolean;
};

/** A connected carrier. */
export type Carrier = {
  name: string;
  capabilities: Capabilities;
  /** False if its reports name messages by our id alone, so that its own ids need not be looked up. True if absent. */
  reportsByRef?: boolean;
  /** Submits messages and returns one answer for each, in any order. Never throws; called outside transactions. */
  submit(batch: OutgoingMessage[]): Promise<Submitted[]>;
  /** Returns the state of the connection, as far as the latest calls show it. */
  health(): { connected: boolean; detail: string | null };
  /**
   * Called for messages submitted before this process started and not yet reported, so that a polled carrier resumes
   * polling.
   */
  resume?(batch: { id: string; to: string }[]): void;
  /** Finishes pending work and disconnects. */
  close(): Promise<void>;
};

/** The surroundings of a carrier. */
export type CarrierEnv = {
  /** Receives reports of carriers that push or poll. If it throws, the carrier reports again. */
  report(reports: DeliveryReport[]): Promise<void>;
  /** The unguessable https URL of our web process for this carrier's callbacks; null if there is none. */
  callbackUrl: string | null;
  /** The hosts that this carrier may connect to: public ones only if an owner set its URL. */
  targets: Targets;
  log(line: { msg: string; level?: 'info' | 'warn' | 'error' } & Record<string, unknown>): void;
};

/** A request to a callback URL, as it was received. Header names are in lower case. */
export type CallbackRequest = {
  method: string;
  url: string;
  headers: Record<string, string | undefined>;
  body: Buffer;
};

/** The content of a callback, or the reason why it was rejected. `answer` is sent instead of an empty 200. */
export type CallbackContent =
  | { reports: DeliveryReport[]; answer?: { status: number; body: string; contentType: string } }
  | 'unauthorized'
  | 'malformed';

/** A kind of carrier: its settings, how to connect it, and how to read its callbacks. Each kind is one file. */
export type CarrierKind<S> = {
  kind: string;
  settings: z.ZodType<S>;
  /** The settings that are sealed at rest and never returned. */
  secretFields: readonly string[];
  make(name: string, settings: S, env: CarrierEnv): Carrier;
  /** Verifies and reads a callback. `callbackUrl` is the URL that was given to the carrier. */
  readCallback?(request: CallbackRequest, settings: S, callbackUrl: string): CallbackContent;
};
