// The package has no types. These are the ones that are used.
declare module 'smpp' {
  import type { EventEmitter } from 'node:events';
  import type { LookupFunction } from 'node:net';

  /** A text field as the library decodes it; a Buffer if it does not know the coding. */
  type Message = { message?: string | Buffer } | string | Buffer;

  export interface PDU {
    command: string;
    command_status: number;
    sequence_number: number;
    esm_class?: number;
    message_id?: string;
    short_message?: Message;
    message_payload?: Message;
    receipted_message_id?: string;
    message_state?: number;
    network_error_code?: Buffer | string;
    isResponse(): boolean;
    response(fields?: { command_status?: number }): PDU;
  }

  export type Fields = Record<string, string | number | Buffer>;

  export interface Session extends EventEmitter {
    /** Writes a request. Returns false if the socket is not writable. */
    bind_transceiver(fields: Fields, answer: (pdu: PDU) => void): boolean;
    bind_transmitter(fields: Fields, answer: (pdu: PDU) => void): boolean;
    bind_receiver(fields: Fields, answer: (pdu: PDU) => void): boolean;
    submit_sm(fields: Fields, answer: (pdu: PDU) => void): boolean;
    enquire_link(fields: Fields, answer: (pdu: PDU) => void): boolean;
    unbind(fields: Fields, answer: (pdu: PDU) => void): boolean;
    send(pdu: PDU): boolean;
    destroy(): void;
  }

  export type Options = {
    host: string;
    port: number;
    tls: boolean;
    ca?: string;
    servername?: string;
    lookup?: LookupFunction;
  };

  const library: { connect(options: Options): Session; errors: Record<string, number> };
  export default library;
}
