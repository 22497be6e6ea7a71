import type { Outcome } from './carrier';

/**
 * Joins the outcomes of a message's parts. A refused part fails the message. Once a part was taken, only a retry with the
 * same carrier and reference can complete it.
 */
export function joinOutcomes(outcomes: Outcome[]): Outcome {
  const refused = outcomes.find(({ outcome }) => outcome === 'refused');
  if (refused) return refused;
  const open = outcomes.find(({ outcome }) => outcome === 'unknown' || outcome === 'delayed');
  if (!open) {
    return { outcome: 'accepted', refs: outcomes.flatMap((one) => (one.outcome === 'accepted' ? one.refs : [])) };
  }
  if (outcomes.every(({ outcome }) => outcome === 'delayed')) return open;
  return { outcome: 'unknown', detail: 'detail' in open ? open.detail : '' };
}
