'use client';

import { RefreshCw, RefreshCwOff } from 'lucide-react';
import { Hint } from '@/components/ui/Hint';
import { useLocale } from '@/components/ui/useLocale';
import styles from './recharge.module.css';
import { ruleInWords, stateInWords } from './labels';
import type { MemberView } from '@/components/members/member';

/** The icon beside a balance with an auto-recharge rule; its tooltip describes the rule and its state. */
export function RechargeMark({ rule, currency }: { rule: NonNullable<MemberView['recharge']>; currency: string }) {
  const { locale } = useLocale();
  const words = `Auto-recharge ${ruleInWords(rule, currency, locale)}; ${stateInWords(rule)}`;
  const Icon = rule.state === 'off' ? RefreshCwOff : RefreshCw;
  return (
    <Hint text={words}>
      <button type="button" className={styles.mark} data-state={rule.state} aria-label={words}>
        <Icon size={13} aria-hidden />
      </button>
    </Hint>
  );
}
