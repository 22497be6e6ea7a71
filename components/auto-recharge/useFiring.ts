'use client';

import { useCallback } from 'react';
import { useTRPCClient } from '@/components/data';
import { useShell } from '@/components/layout/useShell';
import { formatMoney } from '@/components/ui/amount';
import { useLocale } from '@/components/ui/useLocale';

/**
 * Says what the rule of a member moved when the member was changed (activated, or a member again): the event of the same
 * transaction has its time. Empty where nothing moved, or nobody knows: then the history of the rule does.
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
      return `Recharged ${formatMoney(last.amount, currency, locale)} from the master balance.`;
    },
    [client, currency, locale],
  );
}
