import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '@/db/schema/messages';
import type { Services } from '@/server/domain/core/context';
import { listExpired, nextQueuedTeam } from '@/server/domain/messaging/messages/read';
import {
  claimQueued,
  recordHandOver,
  reportMessages,
  takeRefReports,
  type ClaimedMessage,
  type Handed,
  type RefReport,
  type Report,
} from '@/server/domain/messaging/messages/write';
import { carriersFor, waitAfter } from '@/server/domain/messaging/routing/rules';
import { describeFault, log } from '@/server/log';
import type { Carrier, DeliveryReport, Submitted } from '@/server/outbound/carriers/carrier';
import { byTeam, jobCtx } from './context';

const BATCH = 500;
const POLL_MS = 200;
const AFTER_FAULT_MS = 2_000;

/**
 * Hands queued messages over to one carrier until stopped: one batch per team in turn, so that a large team does not delay
 * a small one. The messages table is the queue; the carrier is called outside transactions. Each carrier has a loop of its
 * own, so that one that is slow or down delays its own messages alone.
 */
export async function dispatch(services: Services, carrier: Carrier, signal: AbortSignal): Promise<void> {
  let team: string | null = null;
  let found = 0;
  while (!signal.aborted) {
    try {
      team = carrier.health().connected ? await nextQueuedTeam(services.database.db, carrier.name, team) : null;
      if (team) {
        found += await dispatchBatch(services, carrier, team);
        continue;
      }
      // The next round follows at once if this one found messages.
      if (found === 0) await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      found = 0;
    } catch (error) {
      log({ msg: 'dispatch failed; trying again', level: 'warn', carrier: carrier.name, ...describeFault(error) });
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
  const batch = await claimQueued(ctx, carrier.name, BATCH);
  if (batch.length === 0) return 0;
  const byId = new Map(batch.map((message) => [message.id, message]));
  const named = batch.map((message) => ({ ...message, id: nameForCarrier(teamId, message.id) }));
  const answers = await carrier.submit(named).catch((error: unknown) => {
    log({ msg: 'a carrier failed', level: 'error', carrier: carrier.name, ...describeFault(error) });
    return named.map(({ id }): Submitted => ({ id, outcome: 'unknown', detail: 'The carrier’s adapter failed.' }));
  });
  const handed: Handed[] = [];
  const refused: Report[] = [];
  for (const answer of answers) {
    const message = byId.get(messageOf(answer.id)?.id ?? '');
    if (!message) continue;
    const next = nextStep(services, carrier.name, message, answer);
    if ('status' in next) refused.push(next);
    else handed.push(next);
  }
  await recordHandOver(ctx, handed, carrier.reportsByRef ?? true);
  await reportMessages(ctx, refused);
  return batch.length;
}

/** The reference that a carrier gets: the message and its team, because a report names no team. */
export const nameForCarrier = (teamId: string, id: string): string => `${teamId}.${id}`;

const UUID = '([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})';
const NAME = new RegExp(`^${UUID}\\.${UUID}$`);

/** Reads a reference that a carrier returned; null if it is not one of ours. */
function messageOf(name: string): { teamId: string; id: string } | null {
  const [, teamId, id] = NAME.exec(name) ?? [];
  return teamId !== undefined && id !== undefined ? { teamId, id } : null;
}

/** Decides what follows from a carrier's answer: the message is handed over, tried again, tried elsewhere, or failed. */
function nextStep(
  services: Services,
  carrier: string,
  message: ClaimedMessage,
  answer: Submitted,
): Handed | (Report & { status: 'failed' }) {
  const { id } = message;
  if (answer.outcome === 'accepted') return { id, carrier, refs: answer.refs };
  const { outcome, detail } = answer;
  const code = answer.outcome === 'refused' ? answer.code : null;
  const attempt: Attempt = { carrier, outcome, code, detail, at: new Date().toISOString() };
  const before = message.attempts ?? [];
  if (outcome === 'refused') {
    const refusedBy = new Set([
      carrier,
      ...before.filter((one) => one.outcome === 'refused').map((one) => one.carrier),
    ]);
    const next = carriersFor(message, services.routes).find((name) => !refusedBy.has(name));
    if (next !== undefined) return { id, carrier: next, waitMs: 0, attempt };
    return { id, status: 'failed', code, detail, carrier };
  }
  const failed = before.filter((one) => one.carrier === carrier && one.outcome !== 'refused').length + 1;
  const waitMs = (answer.outcome === 'delayed' ? answer.retryAfterMs : undefined) ?? waitAfter(failed);
  return { id, carrier, waitMs, attempt };
}

/** Stores delivery reports of a carrier, which name messages by our reference or by the carrier's own ids. */
export async function takeReports(services: Services, carrier: string, reports: DeliveryReport[]): Promise<void> {
  const final = reports.flatMap(({ status, ...report }) =>
    status === 'delivered' || status === 'failed' ? [{ ...report, status }] : [],
  );
  const named = final.flatMap(({ message, status, code, detail }) => {
    const known = 'id' in message && messageOf(message.id);
    return known ? [{ ...known, status, code, detail }] : [];
  });
  const refs = final.flatMap(({ message, status, code, detail }): RefReport[] =>
    'ref' in message ? [{ ref: message.ref, status, code, detail }] : [],
  );
  for (const [teamId, own] of byTeam(named)) await reportMessages(jobCtx(services, teamId), own);
  if (refs.length === 0) return;
  for (const [teamId, own] of await takeRefReports(services, carrier, refs)) {
    await reportMessages(jobCtx(services, teamId), own);
  }
}

/** Fails and refunds messages that were not handed over, or not reported on, within their validity. */
export async function expireMessages(services: Services, validityHours: number): Promise<number> {
  const rows = await listExpired(services.database.db, validityHours);
  const details = {
    sent: `The carrier sent no delivery report within ${validityHours} hours.`,
    queued: `No carrier took the message within ${validityHours} hours.`,
  };
  for (const [teamId, expired] of byTeam(rows)) {
    const reports = expired.map(({ id, status }): Report => ({
      id,
      status: 'failed',
      code: 'expired',
      detail: details[status],
    }));
    await reportMessages(jobCtx(services, teamId), reports);
  }
  return rows.length;
}
