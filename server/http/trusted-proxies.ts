import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Returns whether the sender of a hop is a trusted proxy. Hop 0 is the connection to this process. */
export type IsTrusted = (address: string, hop: number) => boolean;

/** The parts of a request by which its sender is known. */
type Received = { headers: IncomingHttpHeaders; socket: { remoteAddress?: string | undefined } };

/** The sender of a request; host and protocol are those that a trusted proxy reports, if one does. */
export type Sender = { address: string; host: string | undefined; protocol: string | undefined };

/** Builds the check of a hop from `TRUST_PROXY`: the number of proxies in a row, or their networks (CIDR). */
export function trustProxies(proxies: number | string[]): IsTrusted {
  if (typeof proxies === 'number') return (_address, hop) => hop < proxies;
  const trusted = proxies.map((network) => ipaddr.parseCIDR(network));
  return (address) =>
    isIP(address) !== 0 && ipaddr.subnetMatch(ipaddr.process(address), { trusted }, 'other') === 'trusted';
}

/**
 * Reads the sender of a request. Each proxy appends the address that it saw to `X-Forwarded-For`, so the list is followed
 * from its end, and only past trusted proxies: the values before them are the client's own claims.
 */
// Not proxy-addr 2.0.8: with `X-Forwarded-For: 203.0.113.9,` it returns that claim, it keeps ports, and needs a second ipaddr.js.
export function readSender({ headers, socket }: Received, isTrusted: IsTrusted): Sender {
  const direct = (socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '');
  if (!isTrusted(direct, 0)) return { address: direct, host: undefined, protocol: undefined };
  const hops = valuesOf(headers['x-forwarded-for']).map(withoutPort).toReversed();
  const client = hops.find((address, index) => !isTrusted(address, index + 1)) ?? hops.at(-1) ?? '';
  const protocol = valuesOf(headers['x-forwarded-proto']).at(-1);
  return {
    address: isIP(client) ? ipaddr.process(client).toString() : direct,
    host: valuesOf(headers['x-forwarded-host']).at(-1) || undefined,
    protocol: protocol === 'http' || protocol === 'https' ? protocol : undefined,
  };
}

const valuesOf = (header: string | string[] | undefined): string[] =>
  [header ?? '']
    .flat()
    .join(',')
    .split(',')
    .map((value) => value.trim());

/** Removes the brackets and the port with which some proxies write an address. */
const withoutPort = (text: string): string =>
  text.replace(/^\[(.*)\](:\d+)?$/, '$1').replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1');
