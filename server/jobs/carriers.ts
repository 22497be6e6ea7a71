import type { Services } from '@/server/domain/core/context';
import { listAwaited } from '@/server/domain/messaging/messages/read';
import type { Env } from '@/server/env';
import { log } from '@/server/log';
import { callbackPath } from '@/server/outbound/carriers/callback-url';
import type { Carrier } from '@/server/outbound/carriers/carrier';
import { makeCarrier } from '@/server/outbound/carriers/registry';
import { makeAnyTargets } from '@/server/outbound/targets';
import { carrierReference } from '@/server/domain/messaging/hand-over/rules';
import { takeReports } from '@/server/domain/messaging/hand-over/write';

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
  for (const carrier of carriers.filter(({ resume }) => resume)) {
    const rows = await listAwaited(services.database.db, carrier.name);
    carrier.resume!(rows.map(({ teamId, id, to }) => ({ id: carrierReference(teamId, id), to })));
  }
}
