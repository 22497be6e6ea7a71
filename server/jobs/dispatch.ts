import { setTimeout as sleep } from 'node:timers/promises';
import type { Attempt } from '@/db/schema/messages';
import { timeOfUuid7 } from '@/server/domain/core/ids';
import type { Services } from '@/server/domain/core/context';
import type { Route } from '@/server/domain/core/routes';
import { listExpired, nextQueuedTeam } from '@/server/domain/messaging/messages/read';
import { carrierReference, readCarrierReference } from '@/server/domain/messaging/hand-over/rules';
import {
  claimQueued,
  recordHandOver,
  type ClaimedMessage,
  type Handed,
} from '@/server/domain/messaging/hand-over/write';
import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import { reportMessages, type Report } from '@/server/domain/messaging/messages/write';
import { carriersFor, waitAfter } from '@/server/domain/messaging/routing/rules';
import { describeFault, log } from '@/server/log';
import type { Carrier, Submitted } from '@/server/outbound/carriers/carrier';
import { systemContext } from '@/server/domain/core/context';
import { byTeam } from '@/server/domain/core/by-team';

const BATCH = 500;
const POLL_MS = 200;
const AFTER_FAULT_MS = 2_000;

/** Messages by which a carrier that is down is tried again. */
const PROBE = 10;
const PROBE_EVERY_MS = 1_000;

/** The time for which a carrier must be down before its messages take another route, in milliseconds. */
const DOWN_AFTER_MS = 10_000;

/** The wait of a message whose only carrier is down, in milliseconds. */
const DOWN_WAIT_MS = 30_000;

/**
 * A carrier as its dispatcher sees it. `others` are the carriers that are up, by name. `validityMs` is the time after which a
 * message is no longer sent.
 */
type Line = { carrier: Carrier; isDown: boolean; others: ReadonlySet<string>; validityMs: number };

/**
 * Hands queued messages over to one carrier until stopped: one batch per team in turn, so that a large team does not delay
 * a small one. The messages table is the queue; the carrier is called outside transactions. Each carrier has a loop of its
 * own, so that one that is slow or down delays its own messages alone.
 */
export async function dispatch(
  services: Services,
  { carrier, carriers, validityMs }: Pick<Line, 'carrier' | 'validityMs'> & { carriers: readonly Carrier[] },
  signal: AbortSignal,
): Promise<void> {
  const pause = (ms: number) => sleep(ms, undefined, { signal }).catch(() => {});
  const perSecond = paceOf(services.routes, carrier.name);
  let team: string | null = null;
  let found = 0;
  let downSince: number | null = null;
  while (!signal.aborted) {
    const started = performance.now();
    try {
      team = await nextQueuedTeam(services.database.db, carrier.name, team);
      if (team) {
        const isDown = downSince !== null && started - downSince >= DOWN_AFTER_MS;
        const others = new Set(carriers.filter((one) => one.health().connected).map(({ name }) => name));
        const count = await dispatchBatch(services, { carrier, isDown, others, validityMs }, team, perSecond ?? BATCH);
        found += count;
        downSince = carrier.health().connected ? null : (downSince ?? started);
        if (downSince !== null) await pause(PROBE_EVERY_MS);
        else if (perSecond !== null) await pause((count / perSecond) * 1_000 - (performance.now() - started));
        continue;
      }
      // The next round follows at once if this one found messages.
      if (found === 0) await pause(POLL_MS);
      found = 0;
    } catch (error) {
      log({ msg: 'dispatch failed; trying again', level: 'warn', carrier: carrier.name, ...describeFault(error) });
      await pause(AFTER_FAULT_MS);
    }
  }
}

/** Returns the most messages a second for a carrier, or null: the smallest of its routes' limits. */
function paceOf(routes: readonly Route[], name: string): number | null {
  const limits = routes.flatMap(({ carrier, maxPerSecond }) => (carrier === name ? (maxPerSecond ?? []) : []));
  return limits.length === 0 ? null : Math.min(...limits);
}

/**
 * Claims, submits and records one batch of a team.
 * @returns the number of messages claimed
 */
export async function dispatchBatch(
  services: Services,
  line: Line,
  teamId: string,
  most: number = BATCH,
): Promise<number> {
  const { carrier } = line;
  const ctx = systemContext(services, teamId);
  const isUp = carrier.health().connected;
  const canMove = services.routes.some((route) => route.carrier !== carrier.name);
  const limit = Math.max(1, Math.floor(Math.min(isUp || (line.isDown && canMove) ? BATCH : PROBE, most)));
  const batch = await claimQueued(ctx, carrier.name, limit);
  if (batch.length === 0) return 0;
  const byId = new Map(batch.map((message) => [message.id, message]));
  const handed: Handed[] = [];
  const refused: Report[] = [];
  for (const answer of await submit(line, batch, teamId, isUp ? batch.length : PROBE)) {
    const message = byId.get(readCarrierReference(answer.id)?.id ?? '');
    if (!message) continue;
    const next = nextStep(services, line, message, answer);
    if ('status' in next) refused.push(next);
    else handed.push(next);
  }
  await recordHandOver(ctx, handed, carrier.reportsByRef ?? true);
  await reportMessages(ctx, refused);
  return batch.length;
}

/** Submits the first messages of a batch; to a carrier that is down, the others are not even shown. */
async function submit(
  { carrier, validityMs }: Line,
  batch: ClaimedMessage[],
  teamId: string,
  first: number,
): Promise<Submitted[]> {
  const named = batch.map(({ id, to, from, body, encoding, segments }): OutgoingMessage => {
    const reference = carrierReference(teamId, id);
    const validUntil = new Date(timeOfUuid7(id).getTime() + validityMs);
    return { id: reference, to, from, body, encoding, segments, validUntil };
  });
  const answers = await carrier.submit(named.slice(0, first)).catch((error: unknown) => {
    log({ msg: 'a carrier failed', level: 'error', carrier: carrier.name, ...describeFault(error) });
    return named.slice(0, first).map(({ id }): Submitted => ({ id, outcome: 'unknown', detail: 'No answer.' }));
  });
  const kept = named.slice(first);
  return [...answers, ...kept.map(({ id }): Submitted => ({ id, outcome: 'delayed', detail: 'The carrier is down.' }))];
}

/** Decides what follows from a carrier's answer: the message is handed over, tried again, tried elsewhere, or failed. */
function nextStep(
  services: Services,
  { carrier: { name: carrier }, isDown, others }: Line,
  message: ClaimedMessage,
  answer: Submitted,
): Handed | (Report & { status: 'failed' }) {
  const { id } = message;
  if (answer.outcome === 'accepted') return { id, carrier, refs: answer.refs, parts: answer.parts ?? 1 };
  const { outcome, detail } = answer;
  const code = answer.outcome === 'refused' ? answer.code : null;
  const attempt: Attempt = { carrier, outcome, code, detail, at: new Date().toISOString() };
  const before = message.attempts ?? [];
  const refusedBy = new Set(before.filter((one) => one.outcome === 'refused').map((one) => one.carrier)).add(carrier);
  const next = carriersFor(message, services.routes).filter((name) => !refusedBy.has(name));
  if (outcome === 'refused') {
    if (next[0] !== undefined) return { id, carrier: next[0], waitMs: 0, attempt };
    return { id, status: 'failed', code, detail, carrier };
  }
  // An unknown outcome may be a message that was taken: it stays with its carrier.
  const isOpen = outcome === 'unknown' || before.some((one) => one.carrier === carrier && one.outcome === 'unknown');
  const elsewhere = isDown && !isOpen ? next.find((name) => others.has(name)) : undefined;
  if (elsewhere !== undefined) return { id, carrier: elsewhere, waitMs: 0, attempt };
  const failed = before.filter((one) => one.carrier === carrier && one.outcome !== 'refused').length + 1;
  const asked = answer.outcome === 'delayed' ? answer.retryAfterMs : undefined;
  return { id, carrier, waitMs: asked ?? (isDown ? DOWN_WAIT_MS : waitAfter(failed)), attempt };
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
    await reportMessages(systemContext(services, teamId), reports);
  }
  return rows.length;
}
