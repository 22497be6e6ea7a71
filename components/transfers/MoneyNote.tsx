'use client';

import { isUnanswered, problemOf, sayProblem } from '@/components/data';
import { formatMoney } from '@/components/ui/amount';
import { Note } from '@/components/ui/pieces';
import { useLocale } from '@/components/ui/useLocale';

type Asked = { error: unknown; isPending: boolean; failureCount: number; failureReason: unknown };

/**
 * How a movement of money stands: still asked for, or refused. What is not known is never called failed: the same
 * question, with its key, is asked until it is answered.
 */
export function MoneyNote({ asked, currency }: { asked: Asked; currency: string }) {
  const { locale } = useLocale();
  if (asked.isPending && asked.failureCount > 0 && isUnanswered(asked.failureReason)) {
    return (
      <Note tone="warn" alert>
        No answer yet. It is being asked again with the same key, so the money moves once, whatever happened to the
        first try. You may close this; the answer will be told.
      </Note>
    );
  }
  const problem = asked.isPending ? undefined : problemOf(asked.error);
  if (!problem) return null;
  const money = (amount: string) => formatMoney(amount, currency, locale);
  const short =
    problem.code === 'insufficient_funds' && problem.available !== undefined
      ? `The ${problem.balance === 'master' ? 'master' : 'member'} balance holds ${money(problem.available)}, ${money(problem.required ?? '0.00')} would be needed.`
      : sayProblem(asked.error);
  return (
    <Note tone="bad" alert>
      <strong>Nothing was moved.</strong> {short.replace(/(^| )(No money moved|Nothing was changed)\.(?= |$)/, '')}
    </Note>
  );
}
