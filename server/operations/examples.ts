import type { z } from 'zod';
import type { invitationSchema } from '@/server/domain/teams/invitations/schema';
import type { auditEventSchema } from '@/server/domain/teams/audit/schema';
import type { keySchema } from '@/server/domain/teams/api-keys/schema';
import type { movementSchema, transferSchema } from '@/server/domain/billing/ledger/schema';
import type { memberSchema } from '@/server/domain/teams/members/schema';
import type { messageSchema } from '@/server/domain/messaging/messages/schema';
import type { rateSchema } from '@/server/domain/billing/rates/schema';
import type { rechargeSchema } from '@/server/domain/billing/auto-recharge/schema';
import type { refusalsSchema } from '@/server/domain/messaging/refusals/schema';
import type { usageSchema } from '@/server/domain/messaging/usage/schema';
import type { settingsSchema, teamSchema } from '@/server/domain/teams/teams/schema';
import type { IdPrefix } from '@/server/domain/core/ids';

/** The examples tell one story: Northwind's owner and the member of its shop in Lyon. */
const ID = '01k9zq3h5xe7t8v2m4n6p8r0sa';
export const exampleId = (prefix: IdPrefix): string => `${prefix}_${ID}`;

export const exampleKey = 'pur_live_4bQz7nTsWk2VdXy9RfLm3HjPc6GaUe8YtNDsB7';

export const recharge: z.input<typeof rechargeSchema> = {
  enabled: true,
  threshold: '5.00',
  target: '50.00',
  cap: { amount: '200.00', period: 'month' },
  state: 'ready',
  reason: null,
  spentInPeriod: '48.20',
  lastFiredAt: '2026-03-02T09:15:04.210Z',
};

export const member: z.input<typeof memberSchema> = {
  id: exampleId('mem'),
  name: 'Lyon Shop',
  email: 'lyon@northwind.example',
  role: 'member',
  status: 'active',
  balance: '25.00',
  currency: 'EUR',
  apiKey: {
    id: exampleId('key'),
    prefix: 'pur_live_4bQz',
    last4: 'DsB7',
    createdAt: '2026-03-01T08:00:00.000Z',
    lastUsedAt: '2026-03-02T09:15:04.102Z',
  },
  recharge: null,
  externalId: 'shop-17',
  metadata: { region: 'EMEA' },
  createdAt: '2026-03-01T08:00:00.000Z',
  updatedAt: '2026-03-01T08:00:00.000Z',
  deletedAt: null,
};

export const invitation: z.input<typeof invitationSchema> = {
  id: exampleId('inv'),
  email: 'jo@northwind.example',
  name: 'Jo Sand',
  role: 'member',
  memberId: null,
  status: 'pending',
  revokedReason: null,
  delivery: 'sent',
  credit: '25.00',
  recharge: null,
  url: `https://purser.example.com/invite/${exampleId('inv')}.c1.4bQz7nTsWk2VdXy9RfLm3HjPc6GaUe8YtNDsB7kQm1x`,
  expiresAt: '2026-03-08T08:00:00.000Z',
  createdAt: '2026-03-01T08:00:00.000Z',
  acceptedAt: null,
};

export const settings: z.input<typeof settingsSchema> = {
  memberLowBalance: '5.00',
  textRetentionDays: 90,
  requireReauthentication: true,
  reauthenticateAbove: '500.00',
};

export const team: z.input<typeof teamSchema> = {
  id: exampleId('team'),
  name: 'Northwind',
  slug: 'northwind',
  currency: 'EUR',
  masterBalance: '975.00',
  reserve: '100.00',
  defaultSender: 'Northwind',
  lowBalance: '200.00',
  samplePrices: false,
  members: { active: 12, inactive: 1 },
  burnPerDay: '8.125',
  runwayDays: 120,
  waitingRecharges: 0,
  createdAt: '2026-02-27T16:20:11.000Z',
};

export const rate: z.input<typeof rateSchema> = { country: 'DE', prefix: '4915', price: '0.0725' };

export const transfer: z.input<typeof transferSchema> = {
  id: exampleId('trf'),
  kind: 'credit',
  amount: '25.00',
  currency: 'EUR',
  from: 'master',
  to: 'member',
  memberId: exampleId('mem'),
  messageId: null,
  note: 'March',
  noteForMember: null,
  reversalOf: null,
  reversedBy: null,
  actor: { type: 'key', id: exampleId('key'), name: 'Dana Reyes' },
  balanceAfter: { master: '975.00', member: '25.00' },
  createdAt: '2026-03-01T08:00:02.000Z',
};

type Movement = z.input<typeof movementSchema>;

export const credited: Movement = { transfer, balances: { master: '975.00', member: '25.00' } };

export const debited: Movement = {
  transfer: {
    ...transfer,
    kind: 'debit',
    amount: '10.00',
    from: 'member',
    to: 'master',
    note: 'Returned',
    balanceAfter: { master: '985.00', member: '15.00' },
    createdAt: '2026-03-03T11:00:00.000Z',
  },
  balances: { master: '985.00', member: '15.00' },
};

/** The answer to a dry run of the same request. */
export const wasDryRun = (movement: Movement): Movement => ({
  ...movement,
  transfer: { ...movement.transfer, id: null },
});

/** The reversal of the credit. */
export const reversed: Movement = {
  transfer: {
    ...transfer,
    kind: 'debit',
    from: 'member',
    to: 'master',
    note: 'Wrong member',
    reversalOf: exampleId('trf'),
    balanceAfter: { master: '1000.00', member: '0.00' },
    createdAt: '2026-03-01T08:05:00.000Z',
  },
  balances: { master: '1000.00', member: '0.00' },
};

export const expiringKey: z.input<typeof keySchema> = {
  id: exampleId('key'),
  memberId: exampleId('mem'),
  prefix: 'pur_live_4bQz',
  last4: 'DsB7',
  status: 'expiring',
  createdAt: '2026-03-01T08:00:00.000Z',
  lastUsedAt: '2026-03-02T09:15:04.102Z',
  expiresAt: '2026-03-03T09:00:00.000Z',
  endedAt: null,
};

const figures = { messages: 120, segments: 151, delivered: 117, failed: 3, cost: '5.8065' };

export const refusals: z.input<typeof refusalsSchema> = {
  from: '2026-03-01',
  to: '2026-04-01',
  data: [
    {
      memberId: exampleId('mem'),
      day: '2026-03-05',
      reason: 'insufficient_funds',
      count: 12,
      lastAt: '2026-03-05T09:41:07.000Z',
    },
  ],
  total: { count: 12 },
};

export const usage: z.input<typeof usageSchema> = {
  from: '2026-03-01',
  to: '2026-04-01',
  data: [{ day: '2026-03-02', ...figures }],
  total: figures,
};

export const message: z.input<typeof messageSchema> = {
  id: exampleId('msg'),
  memberId: exampleId('mem'),
  to: '+14155550100',
  from: 'Northwind',
  body: 'Your order 1042 is ready.',
  country: 'US',
  encoding: 'gsm7',
  segments: 1,
  price: '0.0395',
  cost: '0.0395',
  currency: 'EUR',
  status: 'queued',
  error: null,
  reference: 'order-1042',
  createdAt: '2026-03-02T09:15:04.102Z',
  sendAt: null,
  sentAt: null,
  deliveredAt: null,
  failedAt: null,
};

/** The message once it is delivered. */
export const delivered = {
  status: 'delivered',
  sentAt: '2026-03-02T09:15:04.530Z',
  deliveredAt: '2026-03-02T09:15:05.870Z',
} as const;

/** The body of a request to send a message. */
export const newMessage = {
  to: '+14155550100',
  from: 'Northwind',
  body: 'Your order 1042 is ready.',
  reference: 'order-1042',
};

export const auditEvent: z.input<typeof auditEventSchema> = {
  id: exampleId('aud'),
  at: '2026-03-02T09:15:04.210Z',
  action: 'member.credited',
  actor: { type: 'user', id: exampleId('usr'), name: 'Ada Northwind' },
  channel: 'web',
  address: '203.0.113.7',
  requestId: exampleId('req'),
  targetType: 'member',
  targetId: exampleId('mem'),
  targetName: 'Lyon Shop',
  before: null,
  after: { amount: '25.00', transferId: exampleId('trf') },
};
