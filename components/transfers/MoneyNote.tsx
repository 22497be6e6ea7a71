'use client';

import { toMicros } from '@/server/domain/core/money';
import { isUnanswered, problemOf, sayProblem } from '@/components/data';
import { formatMoney } from '@/components/ui/money/format';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';

type Mutation = { error: unknown; isPending: boolean; failureCount: number; failureReason: unknown };

/**
 * Shows that a transfer is pending or was refused. An unknown outcome is never called failed: the request is retried
 * with its idempotency key until it is answered.
 */
export function MoneyNote({ mutation, currency }: { mutation: Mutation; currency: string }) {
  const { locale } = useLocale();
  if (mutation.isPending && mutation.failureCount > 0 && isUnanswered(mutation.failureReason)) {
    return (
      <Note tone="warn" alert>
        Still waiting. We’re retrying safely; the money will move only once. You can close this window.
      </Note>
    );
  }
  const problem = mutation.isPending ? undefined : problemOf(mutation.error);
  if (!problem) return null;
  const money = (amount: string) => formatMoney(toMicros(amount), currency, locale);
  const short =
    problem.code === 'insufficient_funds' && problem.available !== undefined
      ? `The ${problem.balance === 'master' ? 'master' : 'member'} balance is ${money(problem.available)}; ${money(problem.required ?? '0.00')} is needed.`
      : sayProblem(mutation.error);
  return (
    <Note tone="bad" alert>
      <strong>Nothing was moved.</strong> {short.replace(/(^| )(No money moved|Nothing was changed)\.(?= |$)/, '')}
    </Note>
  );
}
