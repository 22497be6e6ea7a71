/** A message as a carrier is handed it. `id` is ours, the same at every try: a carrier may drop what it has seen. */
export type Handover = {
  id: string;
  to: string;
  from: string;
  body: string;
  encoding: 'gsm7' | 'ucs2';
  segments: number;
};

/** What the carrier said at once: taken (with its own reference), or refused for good. */
export type Receipt = { id: string; ref: string } | { id: string; code: string; detail: string };

/** What became of a message later. */
export type DeliveryReport =
  | { id: string; status: 'delivered' }
  | { id: string; status: 'failed'; code: string; detail: string };

/** Takes delivery reports; the team is whose messages they are. */
export type ReportSink = (teamId: string, reports: DeliveryReport[]) => Promise<void>;

/**
 * Where messages leave the building. Another carrier is one file with this interface. Throwing from `submit` means
 * "try again later"; it is called outside of any transaction.
 */
export type Carrier = {
  name: string;
  submit(teamId: string, batch: Handover[]): Promise<Receipt[]>;
  /** Called for messages handed over before this process began and not yet reported: a carrier that asks does so now. */
  resume?(teamId: string, batch: { id: string; to: string }[]): void;
  /** Stops asking; what is under way is finished. */
  close(): Promise<void>;
};
