import type { OutgoingMessage } from '@/server/domain/messaging/messages/rules';
import type { Services } from '@/server/domain/core/context';
import { dispatchBatch } from '@/server/jobs/dispatch';
import type { Carrier, Submitted } from '@/server/outbound/carriers/carrier';

/** Returns a carrier that answers as given; by default it accepts everything. */
export const stubCarrier = (
  name: string,
  submit: (batch: OutgoingMessage[]) => Submitted[] | Promise<Submitted[]> = (batch) =>
    batch.map(({ id }) => ({ id, outcome: 'accepted', refs: [`${name}-${id}`] })),
): Carrier => ({
  name,
  capabilities: {
    alphanumericSender: true,
    unicode: true,
    concatenation: true,
    validity: true,
    scheduledSend: false,
  },
  submit: async (batch) => submit(batch),
  health: () => ({ connected: true, detail: null }),
  close: () => Promise.resolve(),
});

/** Hands one batch of a team over to a carrier; no other carrier is there. */
export const dispatchTo = (services: Services, carrier: Carrier, teamId: string): Promise<number> =>
  dispatchBatch(services, { carrier, isDown: false, others: new Set(), validityMs: 3_600_000 }, teamId);
