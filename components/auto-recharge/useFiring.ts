'use client';

import { useCallback } from 'react';
import { toMicros } from '@/server/domain/core/money';
import { useTRPCClient } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

/**
 * Returns a function that describes the recharge caused by activating a member or changing its role. The recharge event
 * of the same transaction has the member's `updatedAt`. Returns an empty text when nothing moved or the event cannot be
 * fetched.
 */
export function useFiring(): (member: { id: string; updatedAt: string }) => Promise<string> {
  const client = useTRPCClient();
  const { currency } = useShell().team;
  const { locale } = useLocale();
  return useCallback(
    async ({ id, updatedAt }) => {
      const events = await client.recharge.listRechargeEvents.query({ memberId: id, limit: 1 }).catch(() => null);
      const last = events?.data[0];
      if (last?.outcome !== 'fired' || last.at !== updatedAt) return '';
      return `Recharged ${formatMoney(toMicros(last.amount), currency, locale)} from the master balance.`;
    },
    [client, currency, locale],
  );
}
