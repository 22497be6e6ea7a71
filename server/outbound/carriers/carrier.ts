import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';

/** The carrier's immediate answer: accepted, with its own reference, or finally refused. */
export type Receipt = { id: string; ref: string } | { id: string; code: string; detail: string };

/** A later delivery report. */
export type DeliveryReport =
  | { id: string; status: 'delivered' }
  | { id: string; status: 'failed'; code: string; detail: string };

/** Receives delivery reports for the messages of one team. */
export type ReportSink = (teamId: string, reports: DeliveryReport[]) => Promise<void>;

/**
 * The interface of a carrier; each carrier is one file. An error thrown by `submit` means "try again later"; it is
 * called outside transactions.
 */
export type Carrier = {
  name: string;
  submit(teamId: string, batch: OutgoingMessage[]): Promise<Receipt[]>;
  /**
   * Called for messages submitted before this process started and not yet reported, so that a polled carrier resumes
   * polling.
   */
  resume?(teamId: string, batch: { id: string; to: string }[]): void;
  /** Stops polling; pending work is finished. */
  close(): Promise<void>;
};
