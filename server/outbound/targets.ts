import { lookup as resolveName } from 'node:dns/promises';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Dispatcher } from 'undici';

/**
 * The hosts that an outgoing connection may reach. The same resolution decides and connects, so that a name cannot
 * resolve to another address in between (DNS rebinding).
 */
export type Targets = {
  /** Returns the reason why a URL is refused, or null. Addresses behind a name are checked when it is resolved. */
  refusalOf(url: URL): string | null;
  /** Returns the reason why a host (a name or an address) is refused, or null. */
  hostRefusal(host: string): string | null;
  /** Resolves a name for `net.connect`, and fails if an address of it is refused. */
  lookup: LookupFunction;
  /** Returns what sends HTTP requests to these hosts only. */
  dispatcher(): Promise<Dispatcher>;
};

type Resolve = (name: string) => Promise<{ address: string; family: number }[]>;

const systemResolve: Resolve = (name) => resolveName(name, { all: true, verbatim: true });

/** The reason why a connection was not made; nothing was sent. */
export class TargetRefused extends Error {
  override name = 'TargetRefused';
  readonly code = 'TARGET_REFUSED';
}

/**
 * Returns true for an address of the public internet. Private, loopback, link-local, shared, multicast and documentation
 * ranges are not, nor are IPv6 forms that carry an IPv4 address which is not.
 */
export function isPublicAddress(address: string): boolean {
  return isIP(address) !== 0 && ipaddr.process(address).range() === 'unicast';
}

const NOT_PUBLIC = 'The address is not on the public internet.';

/** Allows https URLs whose host resolves to public addresses only: for URLs that an owner sets. */
export function makePublicTargets(resolve: Resolve = systemResolve): Targets {
  const hostRefusal = (host: string): string | null => {
    const bare = host.replace(/^\[(.*)\]$/, '$1');
    return isIP(bare) !== 0 && !isPublicAddress(bare) ? NOT_PUBLIC : null;
  };
  const refusalOf = ({ protocol, hostname, username, password }: URL): string | null => {
    if (protocol !== 'https:') return 'The URL must begin with https.';
    if (username !== '' || password !== '') return 'The URL must not contain credentials.';
    return hostRefusal(hostname);
  };
  return assemble(refusalOf, hostRefusal, async (name) => {
    const addresses = await resolve(name);
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
      throw new TargetRefused(NOT_PUBLIC);
    }
    return addresses;
  });
}

/** Allows every host: for URLs that the operator sets, such as a gateway on the same machine, and for development. */
export function makeAnyTargets(): Targets {
  const refusalOf = ({ protocol }: URL): string | null =>
    protocol === 'https:' || protocol === 'http:' ? null : 'The URL must begin with http or https.';
  return assemble(refusalOf, () => null, systemResolve);
}

function assemble(refusalOf: Targets['refusalOf'], hostRefusal: Targets['hostRefusal'], resolve: Resolve): Targets {
  const lookup: LookupFunction = (name, options, done) => {
    resolve(name).then(
      (addresses) => {
        const [first] = addresses;
        if (!first) return done(new TargetRefused('The name has no address.'), '');
        return options.all === true ? done(null, addresses) : done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, ''),
    );
  };
  let made: Promise<Dispatcher> | null = null;
  return { refusalOf, hostRefusal, lookup, dispatcher: () => (made ??= makeDispatcher(hostRefusal, lookup)) };
}

/** Loads undici with the first request, because that takes 85 ms of CPU, which a start need not pay. */
async function makeDispatcher(hostRefusal: Targets['hostRefusal'], lookup: LookupFunction): Promise<Dispatcher> {
  const { Agent, buildConnector } = await import('undici');
  const connectOnce = buildConnector({ lookup, timeout: CONNECT_TIMEOUT_MS });
  return new Agent({
    // Node resolves no name for a host that is an address, so that case is checked here.
    connect: (options, done) => {
      const refusal = hostRefusal(options.hostname);
      if (refusal === null) connectOnce(options, done);
      else done(new TargetRefused(refusal), null);
    },
  });
}

const CONNECT_TIMEOUT_MS = 5_000;
