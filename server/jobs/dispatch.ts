import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '@/server/domain/core/context';
import { listUnreported, nextQueuedTeam } from '@/server/domain/messaging/messages/read';
import { claimQueued, reportMessages, type Report } from '@/server/domain/messaging/messages/write';
import { describeFault, log } from '@/server/log';
import type { Carrier, DeliveryReport, Submitted } from '@/server/outbound/carriers/carrier';
import { byTeam, jobCtx } from './context';

const BATCH = 500;
const POLL_MS = 200;
const AFTER_FAULT_MS = 2_000;

/**
 * Submits queued messages to the carrier until stopped: one batch per team in turn, so that a large team does not delay
 * a small one. The messages table is the queue; the carrier is called outside transactions.
 */
export async function dispatch(
  services: Services,
  carrierOf: (teamId: string) => Carrier,
  signal: AbortSignal,
): Promise<void> {
  let team: string | null = null;
  let found = 0;
  while (!signal.aborted) {
    try {
      team = await nextQueuedTeam(services.database.db, team);
      if (team) {
        found += await dispatchBatch(services, carrierOf(team), team);
        continue;
      }
      // The next round follows at once if this one found messages.
      if (found === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      found = 0;
    } catch (error) {
      log({ msg: 'dispatch failed; trying again', level: 'warn', ...describeFault(error) });
      await sleep(AFTER_FAULT_MS, undefined, { signal }).catch(() => {});
    }
  }
}

/**
 * Claims, submits and records one batch of a team.
 * @returns the number of messages claimed
 */
export async function dispatchBatch(services: Services, carrier: Carrier, teamId: string): Promise<number> {
  const ctx = jobCtx(services, teamId);
  const batch = await claimQueued(ctx, BATCH);
  if (batch.length === 0) return 0;
  const answers = await carrier.submit(batch);
  await reportMessages(
    ctx,
    answers.flatMap((answer) => answerReport(carrier, answer)),
  );
  return batch.length;
}

/** A message without a definite answer stays claimed, and is submitted again when its lease ends. */
function answerReport(carrier: Carrier, answer: Submitted): Report[] {
  const { id, outcome } = answer;
  if (outcome === 'accepted') {
    const [ref] = answer.refs;
    return [{ id, status: 'sent', carrier: carrier.name, ...(ref !== undefined && { ref }) }];
  }
  if (outcome === 'refused')
    return [{ id, status: 'failed', carrier: carrier.name, code: answer.code, detail: answer.detail }];
  return [];
}

/** Returns the final reports on messages that a carrier named by our id. */
export function finalReports(reports: DeliveryReport[]): Report[] {
  return reports.flatMap(({ message, status, code, detail }) => {
    if (!('id' in message) || (status !== 'delivered' && status !== 'failed')) return [];
    const { id } = message;
    return [status === 'failed' ? { id, status, code: code ?? 'failed', detail: detail ?? '' } : { id, status }];
  });
}

/** Fails and refunds messages that the carrier has not reported within their validity. */
export async function expireUnreported(services: Services, validityHours: number): Promise<number> {
  const rows = await listUnreported(services.database.db, validityHours);
  const detail = `The carrier sent no delivery report within ${validityHours} hours.`;
  for (const [teamId, ids] of byTeam(rows)) {
    const reports = ids.map(({ id }): Report => ({ id, status: 'failed', code: 'expired', detail }));
    await reportMessages(jobCtx(services, teamId), reports);
  }
  return rows.length;
}
