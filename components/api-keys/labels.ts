/** The overlaps that a rotation offers: how long the old key keeps working, in seconds. */
export const OVERLAPS = [
  { seconds: 0, label: 'Now (stops working immediately)' },
  { seconds: 3_600, label: 'In 1 hour' },
  { seconds: 86_400, label: 'In 24 hours' },
  { seconds: 604_800, label: 'In 7 days' },
];

export const KEY_STATUS_LABELS = { current: 'Current', expiring: 'Expiring', ended: 'Ended' } as const;
