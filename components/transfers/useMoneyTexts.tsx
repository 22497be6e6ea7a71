'use client';

import { useShell } from '@/components/layout/useShell';
import { problemOf, sayProblem } from '@/components/data';
import { toMicros } from '@/server/domain/core/money';
import { formatMoney } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

const WAITING = 'Still waiting. We’re retrying safely; the money will move only once. You can close this window.';

/** Returns the texts of a form that moves money: they say first that nothing was moved. */
export function useMoneyTexts() {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const money = (amount: string) => formatMoney(toMicros(amount), currency, locale);
  const say = (error: unknown) => {
    const problem = problemOf(error);
    const short =
      problem?.code === 'insufficient_funds' && problem.available !== undefined
        ? `The ${problem.balance === 'master' ? 'master' : 'member'} balance is ${money(problem.available)}; ${money(problem.required ?? '0.00')} is needed.`
        : sayProblem(error);
    return (
      <>
        <strong>Nothing was moved.</strong> {short.replace(/(^| )(No money moved|Nothing was changed)\.(?= |$)/, '')}
      </>
    );
  };
  return { say, waiting: WAITING };
}
