'use client';

import { printAmount, toMicros } from '@/server/domain/core/money';
import { useTypedRule } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { filled } from '@/components/ui/form/useCommandForm';
import { readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';
import type { NewMember } from './NewMemberFields';

/** Returns the function that parses the fields of a new member. */
export function useReadMember() {
  const { currency, masterBalance } = useShell().team;
  const { locale } = useLocale();
  const { readRule } = useTypedRule();
  return (values: NewMember) => {
    const { name, email, role, signIn, withRule } = values;
    const typed = readTyped(values.credit, currency, locale);
    const credit = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
    const isShort = credit !== null && credit > toMicros(masterBalance ?? '0.00');
    const rule = readRule(values.rule);
    const isComplete = !('problem' in typed) && !isShort && (!withRule || rule.input !== null);
    const input = {
      ...filled({ name: name.trim(), email: email.trim() }),
      role,
      ...(signIn && email.trim() === '' && { generatePassword: true }),
      ...(credit !== null && { credit: printAmount(credit) }),
      ...(withRule && rule.input !== null && { recharge: rule.input }),
    };
    return { credit, rule, short: isShort ? 'Master balance too low.' : undefined, input: isComplete ? input : null };
  };
}
