import { z } from 'zod';
import type { Capabilities, Carrier, CarrierEnv, CarrierKind, DeliveryReport } from './carrier';

/** Numbers with this ending fail: the carrier reports them undelivered. */
export const FAILS = '0001';
/** Numbers with this ending stay silent: no report arrives, and the message expires. */
export const SILENT = '0002';

const REPORT_AFTER_MS = 600;
const RETRY_MS = 1_000;

const settings = z.strictObject({});

const capabilities: Capabilities = {
  alphanumericSender: true,
  unicode: true,
  concatenation: true,
  validity: false,
  scheduledSend: false,
};

const outcomeOf = ({ id, to }: { id: string; to: string }): DeliveryReport[] => {
  if (to.endsWith(SILENT)) return [];
  const report: DeliveryReport = { message: { id }, status: 'delivered', code: null, detail: null, at: null };
  if (!to.endsWith(FAILS)) return [report];
  const detail = 'The carrier could not deliver the message (sandbox number that fails).';
  return [{ ...report, status: 'failed', code: 'undelivered', detail }];
};

/**
 * Makes the carrier of the demo and of tests: it accepts everything and reports delivery within about a second, except
 * for the documented endings.
 */
export function makeSandbox(name: string, { report }: Pick<CarrierEnv, 'report'>): Carrier {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const reportLater = (reports: DeliveryReport[], delay: number): void => {
    if (closed || reports.length === 0) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      // A report that the database could not store is repeated, as a real carrier would.
      const work: Promise<void> = report(reports)
        .catch(() => reportLater(reports, RETRY_MS))
        .finally(() => running.delete(work));
      running.add(work);
    }, delay);
    timers.add(timer);
  };
  return {
    name,
    capabilities,
    reportsByRef: false,
    submit(batch) {
      reportLater(batch.flatMap(outcomeOf), REPORT_AFTER_MS);
      return Promise.resolve(batch.map(({ id }) => ({ id, outcome: 'accepted', refs: [`sandbox-${id}`] })));
    },
    health: () => ({ connected: !closed, detail: null }),
    resume(batch) {
      reportLater(batch.flatMap(outcomeOf), 0);
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

/** The sandbox: it sends nothing. */
export const sandbox: CarrierKind<z.infer<typeof settings>> = {
  kind: 'sandbox',
  settings,
  secretFields: [],
  make: (name, _, env) => makeSandbox(name, env),
};
