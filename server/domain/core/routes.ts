/** One way for messages: the carrier, and the messages that it takes. Absent conditions match every message. */
export type Route = {
  carrier: string;
  /** ISO 3166-1 codes of recipients. */
  countries?: string[] | undefined;
  /** Beginnings of recipients in E.164, with the plus. */
  prefixes?: string[] | undefined;
  /** Senders, exactly as they are sent. */
  senders?: string[] | undefined;
  /** The most messages a second, over all of its messages. */
  maxPerSecond?: number | undefined;
};
