'use client';

import { printAmount } from '@/server/domain/core/money';
import { NO_RULE, useTypedRule, type TypedRule } from '@/components/auto-recharge/useTypedRule';
import { useShell } from '@/components/layout/useShell';
import { filled } from '@/components/ui/form/useCommandForm';
import { readTyped } from '@/components/ui/money/format';
import { useLocale } from '@/components/ui/useLocale';

/** The member that an invitation offers to claim. */
export type Claimed = { id: string; name: string; role: 'owner' | 'member' };

/** An invitation as it is typed. */
export type TypedInvitation = {
  email: string;
  name: string;
  role: 'owner' | 'member';
  credit: string;
  withRule: boolean;
  rule: TypedRule;
};

export const NO_INVITATION: TypedInvitation = {
  email: '',
  name: '',
  role: 'member',
  credit: '',
  withRule: false,
  rule: NO_RULE,
};

/** Returns the function that parses the fields of an invitation. */
export function useReadInvitation(claimed: Claimed | null) {
  const { currency } = useShell().team;
  const { locale } = useLocale();
  const { readRule } = useTypedRule();
  return ({ email, name, role, withRule, ...texts }: TypedInvitation) => {
    const typed = readTyped(texts.credit, currency, locale);
    const credit = 'amount' in typed && typed.amount > 0n ? typed.amount : null;
    const rule = readRule(texts.rule);
    const isReady = !('problem' in typed) && (claimed !== null || !withRule || rule.input !== null);
    const offer = {
      ...filled({ name: name.trim() }),
      role,
      ...(withRule && rule.input !== null && { recharge: rule.input }),
    };
    const input = {
      email: email.trim(),
      ...(credit !== null && { credit: printAmount(credit) }),
      ...(claimed ? { memberId: claimed.id } : offer),
    };
    return { credit, rule, isReady, input: isReady ? input : null };
  };
}
