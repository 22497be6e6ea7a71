import { setTimeout as sleep } from 'node:timers/promises';
import type { Services } from '@/server/domain/core/context';
import { listUnreported, nextQueuedTeam } from '@/server/domain/messaging/messages/read';
import { claimQueued, reportMessages, type Report } from '@/server/domain/messaging/messages/write';
import { describeFault, log } from '@/server/log';
import type { Carrier, Receipt } from '@/server/outbound/carriers/carrier';
import { byTeam, jobCtx } from './context';

const BATCH = 500;
const POLL_MS = 200;
const AFTER_FAULT_MS = 2_000;

/**
 * Submits queued messages to the carrier until stopped: one batch per team in turn, so that a large team does not delay
 * a small one. The messages table is the queue; the carrier is called outside transactions.
 */
export async function dispatch(services: Services, carrier: Carrier, signal: AbortSignal): Promise<void> {
  let team: string | null = null;
  let found = 0;
  while (!signal.aborted) {
    try {
      team = await nextQueuedTeam(services.database.db, team);
      if (team) {
        found += await dispatchBatch(services, carrier, team);
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
  const receipts = await carrier.submit(teamId, batch);
  await reportMessages(
    ctx,
    receipts.map((receipt) => reportOf(carrier, receipt)),
  );
  return batch.length;
}

function reportOf(carrier: Carrier, receipt: Receipt): Report {
  if ('ref' in receipt) return { id: receipt.id, status: 'sent', carrier: carrier.name, ref: receipt.ref };
  return { ...receipt, status: 'failed', carrier: carrier.name };
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
