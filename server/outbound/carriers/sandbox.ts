import type { Carrier, DeliveryReport, ReportSink } from './carrier';

/** Numbers with this ending fail: the carrier reports them undelivered. */
export const FAILS = '0001';
/** Numbers with this ending stay silent: no report arrives, and the message expires. */
export const SILENT = '0002';

const REPORT_AFTER_MS = 600;
const RETRY_MS = 1_000;

/**
 * The carrier of the demo and of tests: accepts everything and reports delivery within about a second, except for the
 * documented endings. Reports are collected per team, so that a batch is reported together.
 */
export function makeSandbox(report: ReportSink): Carrier {
  const timers = new Set<NodeJS.Timeout>();
  const running = new Set<Promise<void>>();
  let closed = false;

  const reportLater = (teamId: string, reports: DeliveryReport[], delay: number): void => {
    if (closed || reports.length === 0) return;
    const timer = setTimeout(() => {
      timers.delete(timer);
      // A report that the database could not store is repeated, as a real carrier would.
      const work: Promise<void> = report(teamId, reports)
        .catch(() => reportLater(teamId, reports, RETRY_MS))
        .finally(() => running.delete(work));
      running.add(work);
    }, delay);
    timers.add(timer);
  };
  const outcome = ({ id, to }: { id: string; to: string }): DeliveryReport[] => {
    if (to.endsWith(SILENT)) return [];
    if (to.endsWith(FAILS))
      return [
        {
          id,
          status: 'failed',
          code: 'undelivered',
          detail: 'The carrier could not deliver the message (sandbox number that fails).',
        },
      ];
    return [{ id, status: 'delivered' }];
  };
  return {
    name: 'sandbox',
    submit(teamId, batch) {
      reportLater(teamId, batch.flatMap(outcome), REPORT_AFTER_MS);
      return Promise.resolve(batch.map(({ id }) => ({ id, ref: `sandbox-${id}` })));
    },
    resume(teamId, batch) {
      reportLater(teamId, batch.flatMap(outcome), 0);
    },
    async close() {
      closed = true;
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}
