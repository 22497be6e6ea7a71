import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '@/server/domain/core/context';
import { recordCarrierHealth } from '@/server/domain/messaging/carriers/write';
import { listAwaited } from '@/server/domain/messaging/messages/read';
import { ConfigError, type Env } from '@/server/env';
import { describeFault, log } from '@/server/log';
import { callbackPath } from '@/server/outbound/carriers/callback-url';
import type { Carrier } from '@/server/outbound/carriers/carrier';
import { findSettingFaults, makeCarrier } from '@/server/outbound/carriers/registry';
import { makeAnyTargets } from '@/server/outbound/targets';
import { carrierReference } from '@/server/domain/messaging/hand-over/rules';
import { adoptQueued, takeReports } from '@/server/domain/messaging/hand-over/write';

/**
 * Checks the settings of every carrier of the installation.
 * @throws ConfigError that names each bad setting
 */
export function mustBeValidCarriers({ carriers }: Pick<Env, 'carriers'>): void {
  const faults = Object.entries(carriers).flatMap(([name, { kind, settings }]) =>
    findSettingFaults(kind, settings).map((fault) => `the carrier ${name} (${kind}): ${fault}`),
  );
  if (faults.length > 0) throw new ConfigError(faults);
}

/** Connects every carrier of the installation. */
export function connectCarriers(services: Services, { carriers, appUrl, secret }: Env): Carrier[] {
  return Object.entries(carriers).map(([name, { kind, settings }]) =>
    makeCarrier(kind, name, settings, {
      report: (reports) => takeReports(services, name, reports),
      callbackUrl: `${appUrl}${callbackPath(secret, name)}`,
      // The operator chose these hosts.
      targets: makeAnyTargets(),
      log: (line) => log({ level: 'info', ...line, carrier: name }),
    }),
  );
}

/** Resumes polling for messages that were handed over before this process started, for carriers that are polled. */
export async function resumeAwaited(services: Services, carriers: Carrier[]): Promise<void> {
  for (const carrier of carriers) {
    if (!carrier.resume) continue;
    const rows = await listAwaited(services.database.db, carrier.name);
    carrier.resume(rows.map(({ teamId, id, to }) => ({ id: carrierReference(teamId, id), to })));
  }
}

const WATCH_MS = 5_000;

/**
 * Records the connections of the carriers until stopped, for the pages and the operator. Messages of a carrier that nobody
 * serves go to the last route: a web process of an older version, or with another file, may accept some at any time.
 */
export async function watchCarriers(
  services: Services,
  carriers: readonly Carrier[],
  signal: AbortSignal,
): Promise<void> {
  const workerId = randomUUID();
  while (!signal.aborted) {
    const states = carriers.map((carrier) => ({ name: carrier.name, ...carrier.health() }));
    const names = carriers.map(({ name }) => name);
    await recordCarrierHealth(services, workerId, states)
      .then(() => adoptQueued(services, names, services.routes.at(-1)!.carrier))
      .catch((error: unknown) => log({ msg: 'the carriers were not watched', level: 'warn', ...describeFault(error) }));
    await sleep(WATCH_MS, undefined, { signal }).catch(() => {});
  }
}
